package io.logstream.slurm;

import io.logstream.LogStreamException;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import io.logstream.ssh.SshConnection;
import io.logstream.ssh.SshFileSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A machine that is reached over SSH. Threadsafe. */
final class SshHost implements LogHost {
    /** How long it is not asked again whether there is a file. */
    private static final long PAUSE = Duration.ofMillis(400).toNanos();

    private final SshConnection connection;
    private final Map<Path, Boolean> known = new ConcurrentHashMap<>();
    private final Map<Path, Long> asked = new ConcurrentHashMap<>();
    private volatile @Nullable String trouble;

    SshHost(SshConnection connection) {
        this.connection = connection;
    }

    @Override
    public boolean isHere() {
        return false;
    }

    @Override
    public boolean has(Path file, SourceContext context, Runnable changed) {
        long now = context.time().nanoTime();
        Long last = asked.get(file);
        if (last == null || (last != Long.MAX_VALUE && now - last >= PAUSE)) {
            asked.put(file, Long.MAX_VALUE);
            CompletableFuture<Boolean> unused = ask(file).whenComplete((is, failure) -> {
                boolean before = known.getOrDefault(file, false);
                note(file, is, failure);
                asked.put(file, context.time().nanoTime());
                if (before != known.getOrDefault(file, false)) {
                    changed.run();
                }
            });
        }
        return known.getOrDefault(file, false);
    }

    private CompletableFuture<Boolean> ask(Path file) {
        try {
            return connection.exists(file.toString());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void note(Path file, @Nullable Boolean is, @Nullable Throwable failure) {
        if (is != null) {
            known.put(file, is);
            trouble = null;
        } else if (failure != null) {
            trouble = Text.shown(String.valueOf(failure.getMessage()));
        }
    }

    @Override
    public void learn(Path file) throws InterruptedException {
        try {
            note(file, ask(file).get(), null);
        } catch (ExecutionException e) {
            note(file, null, e.getCause() == null ? e : e.getCause());
        }
    }

    @Override
    public LogReader open(Path file, Start start, boolean follow, boolean mayWait, SourceContext context)
            throws IOException, InterruptedException {
        SshFileSource source;
        try {
            source = SshFileSource.builder(connection, file.toString())
                    .follow(follow)
                    .build();
        } catch (IllegalArgumentException e) {
            throw new LogStreamException(String.valueOf(e.getMessage()), e);
        }
        return mayWait ? source.open(start, context) : new OpeningReader(source, start, context);
    }

    @Override
    public String toString() {
        String why = trouble;
        return connection.host() + (why == null ? "" : " (" + why + ")");
    }
}
