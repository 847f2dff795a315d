package io.logstream.internal;

import io.logstream.Broadcaster;
import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.LogFeed;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.Objects;
import java.util.concurrent.Executor;

/** A stream that the program itself writes to; its task flushes unfinished lines that are quiet. */
final class Feed extends SerialTask implements LogFeed {
    private final Stream stream;
    private final Engine engine;
    private final Run run;
    private final Charset charset;
    private final Alarms alarms;

    Feed(Stream stream, Engine engine) {
        this.stream = stream;
        this.engine = engine;
        this.run = stream.openFeed();
        this.charset = run.options.charset();
        this.alarms = new Alarms(this, engine.time());
    }

    @Override
    public Broadcaster broadcaster() {
        return stream;
    }

    @Override
    public void line(Channel channel, String text) {
        bytes(channel, ByteBuffer.wrap((text + "\n").getBytes(charset)));
    }

    @Override
    public void bytes(Channel channel, ByteBuffer bytes) {
        Objects.requireNonNull(channel, "channel");
        awaitRoom();
        boolean unfinished;
        run.ring.lock.lock();
        try {
            checkOpen();
            run.intake.put(channel, bytes, LineSink.NO_TIME);
            unfinished = run.intake.isUnfinished(channel);
        } finally {
            run.ring.lock.unlock();
        }
        run.signal();
        if (unfinished) {
            wake();
        }
    }

    @Override
    public void event(SourceEvent event) {
        Objects.requireNonNull(event, "event");
        awaitRoom();
        run.ring.lock.lock();
        try {
            checkOpen();
            run.intake.event(event);
        } finally {
            run.ring.lock.unlock();
        }
        run.signal();
    }

    private void awaitRoom() {
        if (run.end == null) {
            stream.awaitRoom(run);
        }
    }

    /** Under the ring's lock, so that nothing comes behind the end. */
    private void checkOpen() {
        if (run.end != null) {
            throw new IllegalStateException("feed of stream '" + stream.id() + "' is closed");
        }
    }

    @Override
    public void close() {
        run.ring.lock.lock();
        try {
            if (run.end == null) {
                run.intake.finish(true);
                run.end(EndReason.of(EndReason.Kind.COMPLETED, ""));
            }
        } finally {
            run.ring.lock.unlock();
        }
        stream.ended(run);
    }

    @Override
    boolean step() {
        if (run.intake.flushQuiet()) {
            run.signal();
        }
        alarms.within(run.end != null ? Wakeup.NEVER : run.intake.nextFlush());
        return false;
    }

    @Override
    Executor executor() {
        return engine.reading();
    }
}
