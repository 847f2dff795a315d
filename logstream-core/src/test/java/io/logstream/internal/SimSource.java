package io.logstream.internal;

import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A log on two channels that the simulator writes, breaks, replaces and ends. Its readers cut anywhere, tell positions, and
 * tell the {@link Model} of their run what they hand over right before they do.
 */
final class SimSource implements LogSource {
    private static final Gap.Reason[] UPSTREAM = {
        Gap.Reason.TRUNCATED, Gap.Reason.ROTATED, Gap.Reason.DROPPED, Gap.Reason.MISMATCH
    };

    /** One thing in the log: bytes of a channel, an implied line end, a gap, or an event. */
    record Item(int channel, byte[] bytes, long lost, Gap.Reason reason, SourceEvent event) {
        int units() {
            return bytes != null ? bytes.length : isLineEnd() ? 1 : 0;
        }

        int feeds(int end) {
            int feeds = 0;
            for (int i = 0; i < end; i++) {
                feeds += bytes[i] == '\n' ? 1 : 0;
            }
            return feeds;
        }

        boolean isLineEnd() {
            return bytes == null && reason == null && event == null;
        }
    }

    final String name;
    private final Simulator sim;
    private final Random random;
    final boolean hasPositions;
    private final boolean counts;
    final List<Item> items = new ArrayList<>();
    final List<SimReader> readers = new ArrayList<>();
    private final List<Long> lines = new ArrayList<>(List.of(0L));
    int generation;
    int opened;
    int closed;
    boolean finished;
    Throwable failOpen;
    Throwable failRead;

    SimSource(Simulator sim, String name) {
        this.sim = sim;
        this.name = name;
        this.random = sim.random;
        this.hasPositions = random.nextInt(6) > 0;
        this.counts = random.nextInt(3) > 0;
    }

    @Override
    public String identity() {
        return "sim:" + name;
    }

    // ---- what the simulator does

    void append(int channel, byte[] bytes) {
        items.add(new Item(channel, bytes, 0, null, null));
    }

    void appendLineEnd(int channel) {
        items.add(new Item(channel, null, 0, null, null));
    }

    void appendGap() {
        long lost = random.nextBoolean() ? -1 : random.nextInt(5);
        items.add(new Item(0, null, lost, UPSTREAM[random.nextInt(UPSTREAM.length)], null));
    }

    void appendEvent() {
        SourceEvent.Kind kind = random.nextBoolean() ? SourceEvent.Kind.ROTATED : SourceEvent.Kind.RESTARTED;
        items.add(new Item(0, null, 0, null, SourceEvent.of(kind, "item " + items.size())));
    }

    /** Puts other bytes where there were some. */
    void replace() {
        generation++;
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            if (item.bytes != null && random.nextInt(3) > 0) {
                byte[] other = item.bytes.clone();
                for (int j = 0; j < other.length; j++) {
                    other[j] = other[j] == 'a' ? (byte) 'e' : other[j];
                }
                items.set(i, new Item(item.channel, other, 0, null, null));
            }
        }
    }

    void wakeReaders() {
        for (SimReader reader : List.copyOf(readers)) {
            reader.wake();
        }
    }

    /** Units of a channel before a place. */
    long units(int channel, int item, int offset) {
        long sum = 0;
        for (int i = 0; i < item; i++) {
            sum += items.get(i).channel == channel ? items.get(i).units() : 0;
        }
        return sum + (item < items.size() && items.get(item).channel == channel ? offset : 0);
    }

    private long linesBefore(int item, int offset) {
        if (!counts) {
            return -1;
        }
        while (lines.size() <= item) {
            int last = lines.size() - 1;
            Item it = items.get(last);
            lines.add(lines.get(last)
                    + (it.bytes != null ? it.feeds(it.bytes.length) : it.isLineEnd() ? 1 : Math.max(0, it.lost)));
        }
        return lines.get(item) + (offset == 0 ? 0 : items.get(item).feeds(offset));
    }

    /** Whether no line of either channel is unfinished before an item. */
    private boolean isBetweenLines(int before) {
        boolean[] open = new boolean[2];
        for (int i = 0; i < before; i++) {
            Item item = items.get(i);
            if (item.bytes != null) {
                open[item.channel] = item.bytes[item.bytes.length - 1] != '\n';
            } else if (item.isLineEnd()) {
                open[item.channel] = false;
            }
        }
        return !open[0] && !open[1];
    }

    SourcePosition position(int item, int offset) {
        byte[] data = ByteBuffer.allocate(8).putInt(item).putInt(offset).array();
        return SourcePosition.of(data, linesBefore(item, offset));
    }

    // ---- what the core calls

    @Override
    public LogReader open(Start start, SourceContext context) throws IOException, InterruptedException {
        Model model = sim.modelOfCurrentTask();
        model.outcome = null;
        sim.flushed(model);
        model.opening();
        sim.published(model);
        sim.nest(2);
        Throwable fail = failOpen;
        failOpen = null;
        if (fail != null) {
            model.outcome = fail;
            throwIt(fail);
        }
        int item = 0;
        int offset = 0;
        if (model.newest != null) {
            sim.check(start.equals(Start.at(model.newest)), "opened at %s, not at the newest position", start);
        } else if (model.fromEnd) {
            sim.check(start instanceof Start.End, "opened at %s though the source told no position", start);
        }
        if (start instanceof Start.At at) {
            ByteBuffer data = ByteBuffer.wrap(at.position().data());
            item = data.getInt();
            offset = data.getInt();
        } else if (start instanceof Start.End) {
            item = items.size();
            model.cutAtStart |= !isBetweenLines(item);
        } else if (start instanceof Start.Last && random.nextInt(3) == 0) {
            item = random.nextInt(items.size() + 1);
            while (!isBetweenLines(item)) {
                item--;
            }
        }
        model.opened(units(0, item, offset), units(1, item, offset));
        SimReader reader = new SimReader(model, context, item, offset);
        model.reader = reader;
        opened++;
        readers.add(reader);
        return reader;
    }

    private static void throwIt(Throwable fail) throws IOException {
        if (fail instanceof IOException e) {
            throw e;
        }
        if (fail instanceof Error e) {
            throw e;
        }
        throw (RuntimeException) fail;
    }

    /** One opened reader. */
    final class SimReader implements LogReader {
        final Model model;
        private final SourceContext context;
        int item;
        int offset;
        private boolean told;
        private boolean isClosed;
        boolean asleep;

        SimReader(Model model, SourceContext context, int item, int offset) {
            this.model = model;
            this.context = context;
            this.item = item;
            this.offset = offset;
        }

        boolean hasMore() {
            return item < items.size() || finished;
        }

        void wake() {
            if (random.nextInt(5) == 0) {
                context.wakeWithin(Duration.ofMillis(random.nextInt(50)));
            } else {
                context.wake();
            }
        }

        @Override
        public Outcome read(LineSink sink) throws IOException {
            sim.check(!isClosed, "a closed reader was read");
            sim.check(sink.room() > 0, "read without room");
            sim.flushed(model);
            sim.published(model);
            model.outcome = new RuntimeException("did not come back");
            if (hasPositions && !told) {
                tell(sink);
            }
            int chunks = 1 + random.nextInt(8);
            boolean untold = false;
            while (item < items.size() && chunks-- > 0 && sink.room() > 0) {
                if (failRead != null && random.nextInt(3) == 0) {
                    fail();
                }
                boolean gap = items.get(item).reason != null;
                hand(sink);
                untold = true;
                if (hasPositions && (gap || random.nextInt(3) == 0)) {
                    tell(sink);
                    untold = false;
                }
                sim.nest(6);
            }
            if (failRead != null) {
                fail();
            }
            if (hasPositions && untold) {
                tell(sink);
            }
            sim.nest(6);
            Outcome outcome = item < items.size() ? Outcome.MORE : finished ? Outcome.END : waiting();
            model.outcome = outcome;
            return outcome;
        }

        /** There is nothing more now, or an answer is awaited that wakes. */
        private Outcome waiting() {
            if (random.nextInt(4) > 0) {
                return Outcome.WAIT;
            }
            wake();
            return Outcome.PENDING;
        }

        private void fail() throws IOException {
            Throwable fail = failRead;
            failRead = null;
            model.outcome = fail;
            throwIt(fail);
        }

        private void tell(LineSink sink) {
            SourcePosition position = position(item, offset);
            told = true;
            model.position(position);
            sink.position(position);
            sim.published(model);
        }

        private void hand(LineSink sink) {
            Item next = items.get(item);
            long now = context.time().epochNanos();
            if (next.bytes != null) {
                handBytes(sink, next);
            } else if (next.event != null) {
                item++;
                model.event(next.event);
                sink.event(next.event);
            } else if (next.reason != null) {
                item++;
                model.gap(next.lost, next.reason);
                sink.gap(next.lost, next.reason);
            } else {
                item++;
                boolean same = model.endLine(next.channel, now);
                expectMismatch(same, () -> sink.endLine(Model.channel(next.channel)));
            }
            sim.published(model);
        }

        private void handBytes(LineSink sink, Item next) {
            int left = next.bytes.length - offset;
            int n = Math.min(sink.room(), random.nextInt(3) == 0 ? left : 1 + random.nextInt(left));
            boolean timed = random.nextBoolean();
            long time = timed ? 1_000_000_000L * random.nextInt(1000) : LineSink.NO_TIME;
            byte[] chunk = java.util.Arrays.copyOfRange(next.bytes, offset, offset + n);
            ByteBuffer buffer;
            if (random.nextInt(3) == 0) {
                buffer = ByteBuffer.allocateDirect(n).put(chunk).flip();
            } else {
                byte[] larger = new byte[n + 7];
                System.arraycopy(chunk, 0, larger, 5, n);
                buffer = ByteBuffer.wrap(larger, 5, n);
            }
            offset += n;
            if (offset == next.bytes.length) {
                item++;
                offset = 0;
            }
            boolean same = model.bytes(
                    next.channel,
                    chunk,
                    timed ? time : context.time().epochNanos(),
                    context.time().nanoTime());
            expectMismatch(same, () -> sink.bytes(Model.channel(next.channel), buffer, time));
            sim.check(!buffer.hasRemaining(), "bytes were not consumed");
            if (buffer.hasArray()) {
                java.util.Arrays.fill(buffer.array(), (byte) '#');
            }
        }

        private void expectMismatch(boolean same, Runnable handing) {
            try {
                handing.run();
                sim.check(same, "other bytes than before were taken for the same");
            } catch (Intake.Mismatch e) {
                sim.check(!same, "the same bytes as before were refused: %s", e);
                model.outcome = e;
                throw e;
            }
        }

        @Override
        public void close() throws IOException {
            sim.check(!isClosed, "a reader was closed twice");
            isClosed = true;
            closed++;
            readers.remove(this);
            if (random.nextInt(10) == 0) {
                throw new IOException("closing failed");
            }
        }
    }

    @Override
    public String toString() {
        return name + " " + items.size() + " items, " + readers.size() + " readers";
    }
}
