package io.logstream.ssh;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts a program whose standard input and output are the channel, without a shell: {@code ssh}, or an SFTP server itself.
 * What it prints as errors is read at all times, and the last of it told when it fails. Threadsafe.
 */
final class ProcessDialer implements Dialer {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessDialer.class);
    private static final int MAX_ERROR = 4096;
    private static final Duration GRACE = Duration.ofMillis(500);

    private final List<String> command;

    ProcessDialer(List<String> command) {
        this.command = List.copyOf(command);
    }

    List<String> command() {
        return command;
    }

    @Override
    public Link dial() throws IOException {
        try {
            return ProcessLink.of(new ProcessBuilder(command).start());
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).matches("(?s).*error[=:] ?(2|13)\\b.*")) { // ENOENT, EACCES
                throw new LogStreamException(
                        "the program '" + Text.shown(command.get(0))
                                + "' can't be run: install it, or name another one",
                        e);
            }
            throw e;
        }
    }

    private static final class ProcessLink implements Link {
        private final Process process;
        private final CountDownLatch drained = new CountDownLatch(1);
        private byte[] errors = new byte[0];

        private ProcessLink(Process process) {
            this.process = process;
        }

        static ProcessLink of(Process process) {
            ProcessLink link = new ProcessLink(process);
            boolean started = false;
            try {
                Thread drain = new Thread(link::drain, "logstream-ssh-errors");
                drain.setDaemon(true);
                drain.start();
                started = true;
            } finally {
                if (!started) {
                    link.close();
                }
            }
            return link;
        }

        /** Where a program of the user's configuration inherits the pipe, this lasts longer than the connection. */
        private void drain() {
            byte[] buffer = new byte[1024];
            try (InputStream in = process.getErrorStream()) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
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
            String said;
            synchronized (this) {
                said = new String(errors, StandardCharsets.UTF_8);
            }
            return SshErrors.explain(begun, code, said, cause);
        }

        /**
         * Asks the program to end, so that it can end those that it has started, and kills it if it does not: a stopped one
         * hears nothing. {@link Process#destroy} would also close the streams, and wait for whoever writes to a full pipe.
         */
        @Override
        public void close() {
            process.toHandle().destroy();
            Watch.after(GRACE, () -> process.toHandle().destroyForcibly());
        }
    }
}
