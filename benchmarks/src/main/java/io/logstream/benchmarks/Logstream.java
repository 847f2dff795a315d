package io.logstream.benchmarks;

import io.logstream.BackpressurePolicy;
import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogFeed;
import io.logstream.LogHub;
import io.logstream.LogLine;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscriber;
import io.logstream.Subscription;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A feed with subscribers on the hub's threads; unless a peer's name says otherwise, all options but those for
 * blocking are the defaults. */
final class Logstream implements ReplayingPeer {
    /** What makes the difference between two peers of this kind. */
    enum Form {
        /** Blocks of 64 lines in, batches out. */
        BATCH(true, true, true),
        /** Blocks of 64 lines in, one object per line out. */
        LINE(true, false, true),
        /** One line per call in, batches out. */
        BATCH_SINGLE(false, true, true),
        /** Like BATCH, but nobody waits: subscribers that are too slow are told of a gap. */
        DROP(true, true, false),
        /** Like BATCH_SINGLE, but nobody waits. */
        DROP_SINGLE(false, true, false);

        final boolean blocksIn;
        final boolean batchesOut;
        final boolean lossFree;

        Form(boolean blocksIn, boolean batchesOut, boolean lossFree) {
            this.blocksIn = blocksIn;
            this.batchesOut = batchesOut;
            this.lossFree = lossFree;
        }
    }

    private final Form form;
    private final LogHub hub;
    private final LogFeed feed;
    private final ByteBuffer block = Lines.buffer();

    Logstream(Form form) {
        this(form, LogHub.create(), StreamOptions.defaults());
    }

    private Logstream(Form form, LogHub hub, StreamOptions options) {
        this.form = form;
        this.hub = hub;
        feed = hub.feed(
                "log",
                options.toBuilder().allowBlock(BackpressurePolicy.FOREVER).build());
    }

    /** Threads that call subscribers do not sleep for 10 s after they had something to do. */
    static Logstream spinning(Form form) {
        return new Logstream(form, LogHub.builder().spin(Duration.ofSeconds(10)).build(), StreamOptions.defaults());
    }

    /** Retains few lines, so that a publisher is soon held back. */
    static Logstream retaining(Form form, int lines) {
        return new Logstream(
                form,
                LogHub.create(),
                StreamOptions.builder().retainLines(lines).build());
    }

    @Override
    public void start(Work[] works) {
        SubscribeOptions options = SubscribeOptions.builder()
                .replay(Replay.none())
                .policy(form.lossFree ? BackpressurePolicy.block() : BackpressurePolicy.dropOldest())
                .build();
        for (Work work : works) {
            feed.broadcaster().subscribe(options, form.batchesOut ? new Batches(work) : new Singles(work));
        }
    }

    @Override
    public Visit join(Visitor visitor) {
        Subscription subscription = feed.broadcaster()
                .subscribe(
                        SubscribeOptions.builder().replay(Replay.last(HISTORY)).build(), visitor);
        return () -> {
            subscription.close();
            visitor.left();
            Subscription.Stats stats = subscription.stats();
            return subscription.end().isPresent()
                    && visitor.beganRight()
                    && stats.joined() == visitor.first()
                    && stats.position() == visitor.next()
                    && stats.delivered() == visitor.delivered()
                    && stats.lost() == visitor.lost();
        };
    }

    private record Batches(Work work) implements Subscriber {
        @Override
        public void onLines(LogBatch lines) {
            work.lines(lines);
        }

        @Override
        public void onGap(Gap gap) {
            work.lost(gap.lines());
        }
    }

    private record Singles(Work work) implements Subscriber {
        @Override
        public void onLines(LogBatch lines) {
            for (LogLine line : lines) {
                work.line(line);
            }
        }

        @Override
        public void onGap(Gap gap) {
            work.lost(gap.lines());
        }
    }

    @Override
    public void publish(long from, long to) {
        if (form.blocksIn) {
            for (long sequence = from; sequence < to; sequence += Lines.COUNT) {
                feed.bytes(Channel.STDOUT, block.clear());
            }
        } else {
            for (long sequence = from; sequence < to; sequence++) {
                int at = Lines.offset(sequence);
                feed.bytes(Channel.STDOUT, block.limit(at + Lines.LENGTH).position(at));
            }
        }
    }

    @Override
    public void close() {
        hub.close();
    }
}
