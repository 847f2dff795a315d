package io.logstream.slurm;

import io.logstream.LogStreamException;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import io.logstream.spi.TimeSource.Alarm;
import io.logstream.ssh.SshConnection;
import io.logstream.ssh.SshFileSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A machine that is reached over SSH. Threadsafe. */
class SshHost implements LogHost {
    /** How long it is not asked again whether there is a file. */
    private static final long PAUSE = Duration.ofMillis(400).toNanos();
    /** The same where the last answer did not tell, as each try may hold up a thread. */
    private static final long LONG_PAUSE = Duration.ofSeconds(5).toNanos();
    /** How long an answer may take, with connecting. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String name;
    private final Supplier<SshConnection> connection;
    private final Map<Path, Question> questions = new ConcurrentHashMap<>();
    private volatile @Nullable String trouble;

    /** What was asked last about a file; each question is another one. */
    private static final class Question {
        private final Presence before;
        /** What is known since; null while there is no answer. */
        private final @Nullable Presence answer;
        /** When it was answered. */
        private final long at;

        Question(Presence before, @Nullable Presence answer, long at) {
            this.before = before;
            this.answer = answer;
            this.at = at;
        }

        Presence known() {
            Presence now = answer;
            return now == null ? before : now;
        }

        boolean isDue(long now) {
            Presence known = answer;
            return known != null && now - at >= (known.isKnown() ? PAUSE : LONG_PAUSE);
        }
    }

    /**
     * The machine behind a connection.
     *
     * @param name what it is called in messages
     * @param connection tells the connection; may fail
     */
    SshHost(String name, Supplier<SshConnection> connection) {
        this.name = name;
        this.connection = connection;
    }

    @Override
    public boolean isHere() {
        return false;
    }

    @Override
    public Presence look(Path file, SourceContext context, Runnable changed) {
        Question last = questions.get(file);
        if (last == null || last.isDue(context.time().nanoTime())) {
            CompletableFuture<?> unused = ask(file, context, changed);
        }
        Question present = questions.get(file);
        return present == null ? Presence.ASKED : present.known();
    }

    @Override
    public CompletableFuture<?> ask(Path file, SourceContext context, Runnable changed) {
        Question last = questions.get(file);
        Presence before = last == null ? Presence.ASKED : last.known();
        Question question = new Question(before, null, 0);
        questions.put(file, question);
        CompletableFuture<Boolean> answer = exists(file);
        Alarm late = context.time()
                .after(
                        PATIENCE,
                        () -> answer.completeExceptionally(
                                new IOException(name + " did not answer within " + PATIENCE.toSeconds() + " s")));
        return answer.handle((is, failure) -> {
            late.cancel();
            Presence now = told(before, is, failure);
            Question answered = new Question(before, now, context.time().nanoTime());
            boolean counts = questions.replace(file, question, answered); // if nobody has asked anew since
            if (counts && !now.equals(before)) {
                changed.run();
            }
            return now;
        });
    }

    CompletableFuture<Boolean> exists(Path file) {
        try {
            return connected().exists(file.toString());
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private SshConnection connected() throws IOException {
        try {
            return connection.get();
        } catch (LogStreamException e) {
            throw e;
        } catch (RuntimeException e) { // of whoever tells the connection
            throw new IOException("the connection to " + name + " can't be had: " + e.getMessage(), e);
        }
    }

    /** What is known now. A file that was there is taken to be there still while that is not told: reading it shows. */
    private Presence told(Presence before, @Nullable Boolean is, @Nullable Throwable failure) {
        if (is != null) {
            trouble = null;
            return Presence.of(is);
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        Throwable why = cause == null ? new IOException(name + " does not tell") : cause;
        trouble = Text.shown(String.valueOf(why.getMessage()));
        return before.isThere() ? before : Presence.untold(why);
    }

    @Override
    public void renew() {
        questions.values().removeIf(question -> !question.known().isThere());
    }

    @Override
    public LogReader open(Path file, Start start, boolean follow, boolean mayWait, SourceContext context)
            throws IOException, InterruptedException {
        SshConnection machine = connected();
        SshFileSource source;
        try {
            source = SshFileSource.builder(machine, file.toString())
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
        return name + (why == null ? "" : " (" + why + ")");
    }
}
