package io.logstream.slurm;

import io.logstream.LogStreamException;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs programs of Slurm to their end, without a shell. Variables that would change what {@code squeue} lists are kept from
 * them. Threadsafe.
 */
final class Program implements Commands {
    private static final Logger LOG = LoggerFactory.getLogger(Program.class);

    /** How long errors are waited for once the program has ended. */
    private static final long LAST_WORDS = Duration.ofSeconds(1).toNanos();

    private final Map<String, String> environment;
    private final Duration timeout;

    Program(Map<String, String> environment, Duration timeout) {
        this.environment = Map.copyOf(environment);
        this.timeout = timeout;
    }

    @Override
    public Said run(List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        Map<String, String> variables = builder.environment();
        variables.keySet().removeIf(name -> UNWANTED.contains(name) || name.startsWith("SQUEUE_"));
        variables.putAll(WANTED);
        variables.putAll(environment);
        Process process = start(builder);
        long end = System.nanoTime() + timeout.toNanos();
        try {
            Drain out = new Drain(process.getInputStream());
            Drain errors = new Drain(process.getErrorStream());
            boolean ended = process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (!ended || !out.isOver(end)) {
                throw new IOException(command.get(0) + " did not end within " + timeout.toSeconds() + " s");
            }
            errors.isOver(System.nanoTime() + LAST_WORDS); // which a child may hold open for ever
            return new Said(process.exitValue(), out.text(), errors.text());
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static Process start(ProcessBuilder builder) throws IOException {
        try {
            return builder.start();
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).matches("(?s).*error[=:] ?(2|13)\\b.*")) { // ENOENT, EACCES
                throw new LogStreamException(
                        "the program '" + Text.shown(builder.command().get(0))
                                + "' can't be run: install Slurm's commands here, or say where they are",
                        e);
            }
            throw e;
        }
    }

    /** Reads all of a stream on a thread of its own, so that a program is never held up by what it says; keeps so much. */
    private static final class Drain {
        private static final int MOST = 256 << 20;
        private final ByteArrayOutputStream all = new ByteArrayOutputStream();
        private volatile boolean isTooMuch;
        private final Thread thread;

        Drain(InputStream from) {
            thread = new Thread(() -> drain(from), "logstream-slurm-program");
            thread.setDaemon(true);
            thread.start();
        }

        private void drain(InputStream from) {
            byte[] buffer = new byte[64 * 1024];
            try (from) {
                for (int got = from.read(buffer); got >= 0; got = from.read(buffer)) {
                    isTooMuch |= all.size() + got > MOST;
                    if (!isTooMuch) {
                        all.write(buffer, 0, got);
                    }
                }
            } catch (IOException e) {
                LOG.trace("closed", e);
            }
        }

        /** Waits for the end: whoever has inherited the stream may keep it open for ever. */
        boolean isOver(long end) throws InterruptedException {
            thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
            return !thread.isAlive();
        }

        String text() throws IOException {
            if (isTooMuch) {
                throw new IOException("a program of Slurm said more than " + (MOST >> 20) + " MiB");
            }
            return all.toString(StandardCharsets.UTF_8);
        }
    }
}
