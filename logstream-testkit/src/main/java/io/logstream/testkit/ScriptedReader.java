package io.logstream.testkit;

import io.logstream.Gap;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.testkit.Script.Place;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A cursor in a {@link Script}. No lock is held while the sink is called. */
final class ScriptedReader implements LogReader {
    private final ScriptedSource source;
    private final SourceContext context;
    private Place place;
    private boolean told;
    private @Nullable Long pausedUntil;
    private volatile boolean broken;
    private volatile boolean closed;

    ScriptedReader(ScriptedSource source, SourceContext context, Place place, boolean told) {
        this.source = source;
        this.context = context;
        this.place = place;
        this.told = told;
    }

    SourceContext context() {
        return context;
    }

    void breakConnection() {
        broken = true;
    }

    @Override
    public Outcome read(LineSink sink) throws IOException {
        source.passReadGate();
        if (closed || broken) {
            throw new IOException(closed ? "the reader is closed" : "the connection is broken");
        }
        skipWhatIsForgotten(sink);
        if (!told) {
            tell(sink);
        }
        while (sink.room() > 0) {
            Script.Step step = source.step(place.step());
            if (step == null) {
                return Outcome.WAIT;
            }
            if (step instanceof Script.End) {
                return Outcome.END;
            }
            if (step instanceof Script.Pause pause && !isOver(pause)) {
                return Outcome.WAIT;
            }
            take(step, sink);
            tell(sink);
        }
        return Outcome.MORE;
    }

    private void skipWhatIsForgotten(LineSink sink) {
        Place first;
        Gap.Reason reason;
        synchronized (source) {
            first = source.script().first();
            reason = source.forgotten();
        }
        if (place.step() < first.step()) {
            sink.gap(-1, reason);
            place = first;
            told = false;
        }
    }

    private void tell(LineSink sink) {
        SourcePosition position;
        synchronized (source) {
            position = source.script().position(place);
        }
        sink.position(position);
        told = true;
    }

    private boolean isOver(Script.Pause pause) {
        long now = context.time().nanoTime();
        if (pausedUntil == null) {
            pausedUntil = now + pause.time().toNanos();
            context.wakeWithin(pause.time());
            return false;
        }
        if (pausedUntil - now > 0) {
            context.wakeWithin(Duration.ofNanos(pausedUntil - now));
            return false;
        }
        pausedUntil = null;
        return true;
    }

    private void take(Script.Step step, LineSink sink) throws IOException {
        if (step instanceof Script.Bytes bytes) {
            int length = Math.min(sink.room(), bytes.data().length - place.offset());
            ByteBuffer part = ByteBuffer.wrap(bytes.data(), place.offset(), length);
            sink.bytes(bytes.channel(), part.asReadOnlyBuffer(), bytes.epochNanos());
            int offset = place.offset() + length;
            if (offset < bytes.data().length) {
                place = new Place(place.step(), offset);
                return;
            }
        } else if (step instanceof Script.EndLine end) {
            sink.endLine(end.channel());
        } else if (step instanceof Script.Missing missing) {
            sink.gap(missing.lines(), missing.reason());
        } else if (step instanceof Script.Event event) {
            sink.event(event.event());
        } else if (step instanceof Script.Failure failure
                && failure.times().getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            throw ScriptedSource.raise(failure.exception());
        }
        place = new Place(place.step() + 1, 0);
    }

    @Override
    public void close() {
        closed = true;
        source.closed(this);
    }
}
