package io.logstream.docker;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a reader is at: asking, looking for its place, reading, waiting. Goes on in steps that never block. */
interface Stage extends Closeable {
    /**
     * Goes on.
     *
     * @return what the read came to, or null if another stage has been entered
     */
    LogReader.@Nullable Outcome step(LineSink sink) throws IOException;

    /** Frees what the stage holds; by any thread. */
    @Override
    void close();
}
