package io.logstream.ssh;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts a program whose standard input and output are the channel, without a shell: {@code ssh}, or an SFTP server itself.
 * What it prints as errors is read at all times, and the last of it told when it fails. Threadsafe.
 */
final class ProcessDialer implements Dialer {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessDialer.class);
    /** What ssh ends with when it failed itself; no command's exit status is told apart from it. */
    private static final int FAILED = 255;
    /** Beyond this a process says with what signal it was killed, up to the last one; again, no command's exit status. */
    private static final int KILLED = 128;

    private static final int LAST_SIGNAL = 64;

    private static final int MAX_ERROR = 4096;
    private static final Duration GRACE = Duration.ofMillis(500);
    /** How long what the program printed before its end may take to get here; others may hold the pipe open for ever. */
    private static final Duration TO_DRAIN = Duration.ofSeconds(5);

    private final List<String> command;
    private final List<String> forCommands;

    /** A program that runs no commands. */
    ProcessDialer(List<String> command) {
        this(command, List.of());
    }

    /**
     * A program that connects to the SFTP server, and one that runs a command.
     *
     * @param forCommands gets the line for the host's shell as its last argument
     */
    ProcessDialer(List<String> command, List<String> forCommands) {
        this.command = List.copyOf(command);
        this.forCommands = List.copyOf(forCommands);
    }

    @Override
    public Link dial() throws IOException {
        return new ProcessLink(start(command), (bytes, offset, length) -> {});
    }

    private static Process start(List<String> program) throws IOException {
        try {
            return new ProcessBuilder(program).start();
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).matches("(?s).*error[=:] ?(2|13)\\b.*")) { // ENOENT, EACCES
                throw new LogStreamException(
                        "the program '" + Text.shown(program.get(0))
                                + "' can't be run: install it, or name another one",
                        e);
            }
            throw e;
        }
    }

    private final class ProcessLink implements Link {
        private final Process process;
        private final Exec.Output errorsRead;
        private final CountDownLatch drained = new CountDownLatch(1);
        private byte[] errors = new byte[0];
        private volatile boolean closed;

        ProcessLink(Process process, Exec.Output errorsRead) {
            this.process = process;
            this.errorsRead = errorsRead;
            start("logstream-ssh-errors", this::drain);
        }

        private void start(String name, Runnable task) {
            boolean started = false;
            try {
                Thread thread = new Thread(task, name);
                thread.setDaemon(true);
                thread.start();
                started = true;
            } finally {
                if (!started) {
                    close();
                }
            }
        }

        /** Where a program of the user's configuration inherits the pipe, this lasts longer than the connection. */
        private void drain() {
            byte[] buffer = new byte[1024];
            try (InputStream in = process.getErrorStream()) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    errorsRead.have(buffer, 0, read);
                    synchronized (this) {
                        byte[] all = Arrays.copyOf(errors, errors.length + read);
                        System.arraycopy(buffer, 0, all, errors.length, read);
                        errors = Arrays.copyOfRange(all, Math.max(0, all.length - MAX_ERROR), all.length);
                    }
                }
            } catch (IOException e) {
                LOG.trace("closed", e);
            } finally {
                drained.countDown();
            }
        }

        @Override
        public InputStream in() {
            return process.getInputStream();
        }

        @Override
        public OutputStream out() {
            return process.getOutputStream();
        }

        @Override
        public Exec exec(String line, Exec.Sink sink) throws IOException {
            if (forCommands.isEmpty()) {
                throw new LogStreamException("no commands can be run by '" + Text.shown(command.get(0)) + "'");
            }
            List<String> whole = new ArrayList<>(forCommands);
            whole.add(line);
            ProcessLink link = new ProcessLink(ProcessDialer.start(whole), sink::errors);
            link.start("logstream-ssh-command", () -> link.pump(sink));
            return new Exec() {
                @Override
                public OutputStream in() {
                    return link.out();
                }

                @Override
                public void close() {
                    link.close();
                }
            };
        }

        /** Hands on all that it prints, and how it ended. */
        private void pump(Exec.Sink sink) {
            byte[] buffer = new byte[64 * 1024];
            int code = FAILED;
            IOException cause = new IOException("it has ended without an exit status");
            try (InputStream in = process.getInputStream()) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    sink.out(buffer, 0, read);
                }
                code = process.waitFor();
                drained.await(TO_DRAIN.toMillis(), TimeUnit.MILLISECONDS);
            } catch (IOException e) {
                cause = e;
            } catch (InterruptedException e) {
                LOG.trace("interrupted", e);
            }
            boolean killed = code > KILLED && code <= KILLED + LAST_SIGNAL;
            if (code != FAILED && !killed && !closed && !SshErrors.isLostAfterStatus(said())) {
                sink.ended(code, null);
            } else {
                // the host was reached before, so this is an outage; what the command prints as errors looks like ssh's
                sink.ended(-1, whyEnded(true, cause));
            }
        }

        @Override
        public Exception whyEnded(boolean begun, IOException cause) {
            int code = -1;
            try {
                if (process.waitFor(1, TimeUnit.SECONDS)) {
                    code = process.exitValue();
                }
                drained.await(200, TimeUnit.MILLISECONDS); // what it said is in the pipe, but others may hold that open
            } catch (InterruptedException e) {
                LOG.trace("interrupted", e);
            }
            return SshErrors.explain(begun, code, said(), cause);
        }

        private synchronized String said() {
            return new String(errors, StandardCharsets.UTF_8);
        }

        /**
         * Asks the program to end, so that it can end those that it has started, and kills it if it does not: a stopped one
         * hears nothing. {@link Process#destroy} would also close the streams, and wait for whoever writes to a full pipe.
         */
        @Override
        public void close() {
            closed = true; // so its exit status is no longer the command's
            process.toHandle().destroy();
            Future<?> unused = Watch.after(GRACE, () -> process.toHandle().destroyForcibly());
        }
    }
}
