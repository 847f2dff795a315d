package io.logstream.examples;

import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.SourceEvent;
import java.io.IOException;

/** A way to write what is followed. For one thread at a time. */
interface Output {
    void lines(LogBatch lines) throws IOException;

    void gap(Gap gap) throws IOException;

    void event(SourceEvent event) throws IOException;

    /** Nothing more will come. */
    void end() throws IOException;

    /** Hands what was written to the operating system. */
    void flush() throws IOException;
}
