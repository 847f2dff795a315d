package io.logstream.examples;

import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.SourceEvent;
import io.logstream.Subscriber;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The viewer that writes to an output. When a callback has returned, what it brought is with the operating system. */
final class Printer implements Subscriber {

    /** Something that may fail to be written. */
    private interface Writing {
        void write() throws IOException;
    }

    private final Output output;
    private volatile @Nullable IOException failure;

    Printer(Output output) {
        this.output = output;
    }

    /** What has made writing impossible, or null. */
    @Nullable
    IOException failure() {
        return failure;
    }

    @Override
    public void onLines(LogBatch lines) throws IOException {
        write(() -> output.lines(lines));
    }

    @Override
    public void onGap(Gap gap) throws IOException {
        write(() -> output.gap(gap));
    }

    @Override
    public void onEvent(SourceEvent event) throws IOException {
        write(() -> output.event(event));
    }

    @Override
    public void onEnd(EndReason reason) throws IOException {
        if (failure == null) {
            write(output::end);
        }
    }

    private void write(Writing writing) throws IOException {
        try {
            writing.write();
            output.flush();
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }
}
