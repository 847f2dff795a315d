package io.logstream.slurm;

import io.logstream.LogStreamException;
import io.logstream.file.FileSource;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.CompletableFuture;

/** A machine whose files can be read. For one reader of a job. */
interface LogHost {
    /** This machine. */
    LogHost HERE = new LogHost() {
        private static final int MOST_NAME_BYTES = 255; // of Linux; a file system with a smaller bound is an outage
        private static final int MOST_BYTES = 4095;
        private static final int MOST_LINKS = 40;

        @Override
        public boolean isHere() {
            return true;
        }

        @Override
        public Presence look(Path file, SourceContext context, Runnable changed) {
            try {
                Files.readAttributes(file, BasicFileAttributes.class);
                return Presence.THERE;
            } catch (NoSuchFileException e) {
                return Presence.ABSENT;
            } catch (AccessDeniedException e) {
                return Presence.untold(new LogStreamException("it may not be looked at: " + file, e));
            } catch (IOException e) { // such as that its file server is away
                return canNotBe(file) ? Presence.ABSENT : Presence.untold(e);
            }
        }

        /** Whether no process can make a file with this name, so that Slurm could not either. */
        private static boolean canNotBe(Path file) {
            boolean isTooLong = bytes(file) > MOST_BYTES;
            for (Path name : file) {
                isTooLong |= bytes(name) > MOST_NAME_BYTES;
            }
            return isTooLong || isBelowAFile(file) || isInALoop(file);
        }

        private static int bytes(Path path) {
            return path.toString().getBytes(StandardCharsets.UTF_8).length;
        }

        private static boolean isInALoop(Path file) {
            for (Path at = file; at != null; at = at.getParent()) {
                Path to = at;
                for (int links = 0; Files.isSymbolicLink(to); links++) {
                    if (links == MOST_LINKS) {
                        return true;
                    }
                    try {
                        to = to.resolveSibling(Files.readSymbolicLink(to));
                    } catch (IOException e) {
                        return false;
                    }
                }
            }
            return false;
        }

        private static boolean isBelowAFile(Path file) {
            Path above = file.getParent();
            while (above != null && !Files.exists(above)) {
                above = above.getParent();
            }
            return above != null && !Files.isDirectory(above);
        }

        @Override
        public CompletableFuture<?> ask(Path file, SourceContext context, Runnable changed) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void renew() {}

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
     * Whether there is such a file; another machine is asked for that, if the last answer is not of a moment ago.
     *
     * @param changed is run, on any thread, when that is known to be otherwise
     */
    Presence look(Path file, SourceContext context, Runnable changed);

    /** Asks for that now. The future is completed when there is an answer, or none in time; it never fails. */
    CompletableFuture<?> ask(Path file, SourceContext context, Runnable changed);

    /** Forgets what is not there, or was not told: it is asked for again when it is looked for. */
    void renew();

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
