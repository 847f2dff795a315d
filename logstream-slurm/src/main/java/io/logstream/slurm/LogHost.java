package io.logstream.slurm;

import io.logstream.file.FileSource;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A machine whose files can be read. For one reader of a job. */
interface LogHost {
    /** This machine. */
    LogHost HERE = new LogHost() {
        @Override
        public boolean isHere() {
            return true;
        }

        @Override
        public boolean has(Path file, SourceContext context, Runnable changed) {
            return Files.exists(file);
        }

        @Override
        public void learn(Path file) {}

        @Override
        public LogReader open(Path file, Start start, boolean follow, boolean mayWait, SourceContext context)
                throws IOException, InterruptedException {
            return FileSource.builder(file).follow(follow).build().open(start, context);
        }

        @Override
        public String toString() {
            return "";
        }
    };

    /** Whether it is this machine. */
    boolean isHere();

    /**
     * Whether there is such a file, as far as is known; of another machine that is asked for again after a while.
     *
     * @param changed is run, on any thread, when that is known to be otherwise
     */
    boolean has(Path file, SourceContext context, Runnable changed);

    /** Finds that out now, if it takes waiting for. */
    void learn(Path file) throws InterruptedException;

    /**
     * Opens a file.
     *
     * @param mayWait whether the thread may be held up; otherwise a reader is returned that opens it meanwhile
     */
    LogReader open(Path file, Start start, boolean follow, boolean mayWait, SourceContext context)
            throws IOException, InterruptedException;

    /** Its name and what is wrong with it, for messages; empty for this machine. */
    @Override
    String toString();
}
