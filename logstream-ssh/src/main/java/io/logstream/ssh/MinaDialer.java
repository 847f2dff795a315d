package io.logstream.ssh;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ChannelSubsystem;
import org.apache.sshd.common.channel.exception.SshChannelOpenException;
import org.apache.sshd.core.CoreModuleProperties;
import org.jspecify.annotations.Nullable;

/** Connects in this process, with Apache MINA SSHD, over jump hosts where there are some. Threadsafe. */
final class MinaDialer implements Dialer {
    private static final Duration TO_OPEN = Duration.ofSeconds(20);
    private final Supplier<List<Hop>> route;
    private final @Nullable Function<Path, char[]> passphrases;
    private final Duration timeout;

    MinaDialer(Supplier<List<Hop>> route, @Nullable Function<Path, char[]> passphrases, Duration timeout) {
        this.route = route;
        this.passphrases = passphrases;
        this.timeout = timeout;
    }

    /** As the options and ssh's configuration of this user say; that is read again for each connection. */
    static MinaDialer of(SshConnection.Builder how) {
        Path home = Path.of(String.valueOf(System.getProperty("user.home")));
        Map<String, String> environment = System.getenv();
        Destination where = how.destination();
        return new MinaDialer(() -> Route.of(where, home, environment), how.passphrases, how.connectTimeout);
    }

    @Override
    public Link dial() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        List<Login> logins = new ArrayList<>();
        boolean done = false;
        try {
            Login last = null;
            for (Hop hop : route.get()) {
                last = Login.to(hop, last, passphrases, deadline);
                logins.add(last);
            }
            if (last == null) {
                throw new IllegalStateException("a route without a host");
            }
            Link link = new MinaLink(logins, sftp(last));
            done = true;
            return link;
        } finally {
            if (!done) {
                close(logins);
            }
        }
    }

    private static ChannelSubsystem sftp(Login login) throws IOException, InterruptedException {
        ChannelSubsystem channel = login.session().createSubsystemChannel("sftp");
        channel.setErr(OutputStream.nullOutputStream());
        try {
            channel.open().verify(login.left());
        } catch (InterruptedIOException e) {
            throw new InterruptedException(e.getMessage());
        } catch (IOException e) {
            if (login.session().isOpen() && String.valueOf(e.getMessage()).contains("subsystem")) {
                throw new LogStreamException("the host offers no SFTP: enable 'Subsystem sftp' there", e);
            }
            throw new IOException(Text.shown(String.valueOf(e.getMessage())), e);
        }
        return channel;
    }

    private static void close(List<Login> logins) {
        List<Login> backwards = new ArrayList<>(logins);
        Collections.reverse(backwards);
        backwards.forEach(Login::close);
    }

    /** What a command prints, as it comes. */
    private static final class Printed extends OutputStream {
        private final Exec.Output listener;

        Printed(Exec.Output listener) {
            this.listener = listener;
        }

        @Override
        public void write(int one) {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            listener.have(bytes, offset, length);
        }
    }

    private record MinaLink(List<Login> logins, ChannelSubsystem channel) implements Link {
        @Override
        public InputStream in() {
            return channel.getInvertedOut();
        }

        @Override
        public OutputStream out() {
            return channel.getInvertedIn();
        }

        @Override
        public Exec exec(String line, Exec.Sink sink) throws IOException, InterruptedException {
            ChannelExec exec = logins.get(logins.size() - 1).session().createExecChannel(line);
            CoreModuleProperties.REQUEST_EXEC_REPLY.set(exec, true);
            exec.setOut(new Printed(sink::out));
            exec.setErr(new Printed(sink::errors));
            boolean open = false;
            try {
                exec.open().verify(TO_OPEN);
                open = true;
            } catch (InterruptedIOException e) {
                throw new InterruptedException(e.getMessage());
            } catch (IOException e) {
                if (e.getCause() instanceof SshChannelOpenException || e instanceof SshChannelOpenException) {
                    throw new NoChannel("the host opens no further channel", e);
                }
                throw new IOException("no command can be run: " + Text.shown(String.valueOf(e.getMessage())), e);
            } finally {
                if (!open) {
                    exec.close(true);
                }
            }
            exec.addCloseFutureListener(closed -> ended(exec, sink));
            return new Exec() {
                @Override
                public OutputStream in() {
                    return exec.getInvertedIn();
                }

                @Override
                public void close() {
                    exec.close(false); // which the host is told
                }
            };
        }

        private static void ended(ChannelExec exec, Exec.Sink sink) {
            Integer status = exec.getExitStatus();
            String signal = exec.getExitSignal();
            boolean stays = exec.getSession().isOpen();
            if (status != null && (exec.isEofSignalled() || stays)) { // it may come before all that was printed
                sink.ended(status, null);
                return;
            }
            String why =
                    stays ? "the host does not run the command" : "the connection was lost before the command ended";
            sink.ended(-1, new IOException(signal == null ? why : "the command was killed: " + Text.shown(signal)));
        }

        @Override
        public Exception whyEnded(boolean begun, IOException cause) {
            Integer exit = channel.getExitStatus();
            String what = begun ? "the connection was lost" : "the SFTP server did not begin";
            return new IOException(
                    what + (exit == null ? "" : " (exit code " + exit + ")") + ": " + cause.getMessage(), cause);
        }

        @Override
        public void close() {
            MinaDialer.close(logins);
        }
    }
}
