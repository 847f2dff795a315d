package io.logstream.slurm;

import io.logstream.LogStreamException;
import io.logstream.file.FileSource;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A node with files of its own, kept below a directory, that answers as a test lets it. */
final class ScriptedHost extends SshHost {
    private final Script script;

    /** What all readers' views of the node have in common. */
    static final class Script {
        final Path root;
        volatile Function<Path, CompletableFuture<Boolean>> answers = this::truth;
        /** Whether what is open fails. */
        volatile boolean isDown;

        /** What may be looked at, but not read. */
        volatile Path unreadable;

        volatile int questions;

        Script(Path root) {
            this.root = root;
        }

        CompletableFuture<Boolean> truth(Path file) {
            return CompletableFuture.completedFuture(Files.exists(onDisk(file)));
        }

        void fails(Exception failure) {
            answers = file -> CompletableFuture.failedFuture(failure);
        }

        void tellsTheTruth() {
            answers = this::truth;
        }

        /** Where the file really is that the node has at this path. */
        Path onDisk(Path file) {
            return root.resolve(file.getFileName());
        }
    }

    static CompletableFuture<Boolean> refusal(String what) {
        return CompletableFuture.failedFuture(new LogStreamException(what + " may not be looked at"));
    }

    ScriptedHost(Script script) {
        super("node", () -> {
            throw new IllegalStateException("no connection");
        });
        this.script = script;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate")
    CompletableFuture<Boolean> exists(Path file) {
        script.questions++;
        return script.answers.apply(file);
    }

    @Override
    public LogReader open(Path file, Start start, boolean follow, boolean mayWait, SourceContext context)
            throws IOException, InterruptedException {
        failIfDown();
        if (file.equals(script.unreadable)) {
            throw new AccessDeniedException(file.toString());
        }
        LogReader reader =
                FileSource.builder(script.onDisk(file)).follow(follow).build().open(start, context);
        return new LogReader() {
            @Override
            public Outcome read(LineSink sink) throws IOException {
                failIfDown();
                return reader.read(sink);
            }

            @Override
            public void close() throws IOException {
                reader.close();
            }
        };
    }

    private void failIfDown() throws IOException {
        if (script.isDown) {
            throw new IOException("the connection is lost");
        }
    }
}
