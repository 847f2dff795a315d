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
import org.apache.sshd.client.channel.ChannelSubsystem;
import org.jspecify.annotations.Nullable;

/** Connects in this process, with Apache MINA SSHD, over jump hosts where there are some. Threadsafe. */
final class MinaDialer implements Dialer {
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
