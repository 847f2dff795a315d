package io.logstream.ssh;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one host, which any number of {@link SshFileSource}s share. It is made when the first of them is opened,
 * made again when it was lost and one of them is opened again, and lasts until it is closed: close it after the hub.
 *
 * <p>It is made by the system's {@code ssh} program, so all that is configured there holds: {@code ~/.ssh/config} with
 * ProxyJump, ProxyCommand and Match, keys, agents, hardware keys, GSSAPI, and a ControlMaster that is there. Nobody is asked
 * for anything: a login that needs a passphrase or a password fails. On the host it takes the SFTP subsystem and nothing else:
 * no shell, no command, and nothing that stays behind.
 *
 * <p>Host keys are strict, whatever the configuration says of the host itself: one that is not known, or not the known one,
 * is refused. Of jump hosts the configuration decides. A refused host key or login is a {@link LogStreamException} and never
 * tried again by this object.
 *
 * <p>Immutable but for its connection; threadsafe. While it is connected it takes one process and four threads: two that read
 * and write, one for what the program prints as errors, and the JDK's own that waits for its end.
 */
public final class SshConnection implements AutoCloseable {
    private static final Pattern HOST = Pattern.compile("[\\p{Alnum}_:][^\\s\\p{Cntrl}@/\\\\\"'`$;&|<>(){}*?!]{0,254}");
    private static final Pattern USER =
            Pattern.compile("[^\\s\\p{Cntrl}@/:\"'`$;&|<>(){}*?!-][^\\s\\p{Cntrl}@/:\"'`$;&|<>(){}*?!]{0,254}");
    private static final Pattern UNQUOTABLE = Pattern.compile("(?s).*[\"\\\\\\p{Cntrl}].*|.*\\$\\{.*");

    private static final Duration ONE_ANSWER = Duration.ofHours(1);

    private final String name;
    private final Dialer dialer;
    private final Duration connectTimeout;
    private final Duration keepAlive;
    private final int keepAliveCount;
    private final Executor connecting;
    private @Nullable CompletableFuture<Sftp> attempt;
    private @Nullable Sftp current;
    private @Nullable LogStreamException refusal;
    private boolean closed;

    private SshConnection(Builder builder) {
        this(
                (builder.user.isEmpty() ? "" : builder.user + "@")
                        + (builder.host.contains(":") ? "[" + builder.host + "]" : builder.host)
                        + (builder.port > 0 ? ":" + builder.port : ""),
                new ProcessDialer(SystemSsh.command(builder)),
                builder,
                SshConnection::startThread);
    }

    /** For tests: by another way than the builder says. */
    SshConnection(String name, Dialer dialer, Builder builder, Executor connecting) {
        this.name = name;
        this.dialer = dialer;
        this.connectTimeout = builder.connectTimeout;
        this.keepAlive = builder.keepAlive;
        this.keepAliveCount = builder.keepAliveCount;
        this.connecting = connecting;
    }

    static void startThread(Runnable task) {
        Thread thread = new Thread(task, "logstream-ssh-connect");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * A connection with the defaults named at {@link Builder}.
     *
     * @param host the host's name or address, or a name of {@code ~/.ssh/config}
     * @return the connection, not yet made
     * @throws IllegalArgumentException if no host can have this name
     */
    public static SshConnection of(String host) {
        return builder(host).build();
    }

    /**
     * Starts from the defaults.
     *
     * @param host the host's name or address, or a name of {@code ~/.ssh/config}
     * @return a new builder
     * @throws IllegalArgumentException if no host can have this name
     */
    public static Builder builder(String host) {
        return new Builder(host);
    }

    /**
     * Where it leads.
     *
     * @return user, host and port as far as they were given: {@code user@host:port}
     */
    public String host() {
        return name;
    }

    /**
     * How long one answer may take while others come; a connection that brings nothing is given up long before ({@link
     * Silence}).
     */
    Duration answerTimeout() {
        return ONE_ANSWER;
    }

    void checkOpen() {
        synchronized (this) {
            if (closed) {
                throw new LogStreamException("the SshConnection to " + name + " was closed");
            }
        }
    }

    /**
     * The server, connected. All who come while it is being connected get what comes of that one attempt.
     *
     * @throws IOException if it can't be reached now
     * @throws LogStreamException if it refuses
     */
    Sftp sftp() throws IOException, InterruptedException {
        CompletableFuture<Sftp> mine;
        synchronized (this) {
            checkOpen();
            if (refusal != null) {
                throw new LogStreamException(String.valueOf(refusal.getMessage()), refusal);
            }
            if (attempt == null || isOver(attempt)) {
                attempt = begin();
            }
            mine = attempt;
        }
        try {
            return mine.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            String message = name + ": " + (cause == null ? "failed" : cause.getMessage());
            if (cause instanceof LogStreamException) {
                throw new LogStreamException(message, cause);
            }
            throw new IOException(message, cause);
        }
    }

    private static boolean isOver(CompletableFuture<Sftp> attempt) {
        return attempt.isCompletedExceptionally()
                || (attempt.isDone() && !attempt.join().isOpen());
    }

    private CompletableFuture<Sftp> begin() {
        CompletableFuture<Sftp> fresh = new CompletableFuture<>();
        try {
            connecting.execute(() -> connect(fresh));
        } catch (RuntimeException | Error e) { // no more threads: nobody would ever complete it
            fresh.completeExceptionally(new IOException("no thread for connecting: " + e.getMessage(), e));
        }
        return fresh;
    }

    private void connect(CompletableFuture<Sftp> result) {
        try {
            Sftp sftp = new Sftp(dialer.dial(), name);
            synchronized (this) {
                current = sftp;
                if (closed) {
                    sftp.close();
                }
            }
            try {
                sftp.ready().get(connectTimeout.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                sftp.fail(new IOException("not connected within " + connectTimeout.toSeconds() + " s"));
                sftp.ready().get();
            }
            sftp.keepAlive(keepAlive, keepAliveCount);
            result.complete(sftp);
        } catch (ExecutionException e) {
            refuse(e.getCause(), result);
        } catch (InterruptedException | IOException | RuntimeException | Error e) {
            refuse(e, result);
        }
    }

    private void refuse(@Nullable Throwable why, CompletableFuture<Sftp> result) {
        Throwable known = why == null ? new IOException("failed") : why;
        synchronized (this) {
            if (known instanceof LogStreamException never) {
                refusal = new LogStreamException(name + ": " + never.getMessage(), never);
            }
        }
        result.completeExceptionally(known);
    }

    /** Ends the connection. Sources that use it fail. Closing twice does nothing. */
    @Override
    public void close() {
        Sftp open;
        synchronized (this) {
            closed = true;
            open = current;
        }
        if (open != null) {
            open.close();
        }
    }

    @Override
    public String toString() {
        return "ssh:" + name;
    }

    /** Collects the options; not threadsafe. */
    public static final class Builder {
        final String host;
        int port;
        String user = "";
        final List<Path> identities = new ArrayList<>();

        @Nullable
        Path config;

        @Nullable
        Path knownHosts;

        boolean anyHostKey;

        @Nullable
        Boolean compression;

        Duration connectTimeout = Duration.ofSeconds(20);
        Duration keepAlive = Duration.ofSeconds(10);
        int keepAliveCount = 3;
        List<String> command = List.of("ssh");

        private Builder(String host) {
            this.host = Objects.requireNonNull(host, "host");
            if (!HOST.matcher(host).matches()) {
                throw new IllegalArgumentException("no host can have the name '" + Text.shown(host) + "'");
            }
        }

        /**
         * The port. By default the one of ssh's configuration, or 22.
         *
         * @param port 1 to 65535
         * @return this
         */
        public Builder port(int port) {
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException("port " + port + ": use 1 to 65535");
            }
            this.port = port;
            return this;
        }

        /**
         * The user on the host. By default the one of ssh's configuration, or the name of the local user.
         *
         * @param user the name
         * @return this
         */
        public Builder user(String user) {
            if (user.indexOf(':') >= 0) {
                throw new IllegalArgumentException(
                        "a user's name has no colon, and a password can't be given: use a key");
            }
            if (!USER.matcher(user).matches()) {
                throw new IllegalArgumentException("no user can have the name '" + Text.shown(user) + "'");
            }
            this.user = user;
            return this;
        }

        /**
         * A file with a private key; may be called again for more. By default those of ssh's configuration and of the agent;
         * if any is given, only these, with the agent's help.
         *
         * @param file the file
         * @return this
         */
        public Builder identity(Path file) {
            identities.add(quotable("identity", file));
            return this;
        }

        /**
         * The file of ssh's configuration. By default {@code ~/.ssh/config} and that of the system.
         *
         * @param file the file
         * @return this
         */
        public Builder config(Path file) {
            config = quotable("config", file);
            return this;
        }

        /**
         * The file of known hosts, in place of those of the user and of the system.
         *
         * @param file the file
         * @return this
         */
        public Builder knownHosts(Path file) {
            knownHosts = quotable("knownHosts", file);
            return this;
        }

        /**
         * Takes any host for the right one: whoever can redirect the connection can write the log. For tests only.
         *
         * @return this
         */
        public Builder insecureAcceptAnyHostKey() {
            anyHostKey = true;
            return this;
        }

        /**
         * Whether what is sent is compressed. By default as ssh's configuration says.
         *
         * @param compress true to compress
         * @return this
         */
        public Builder compression(boolean compress) {
            compression = compress;
            return this;
        }

        /**
         * How long it may take until the server answers for the first time, with login and all. By default 20 s.
         *
         * @param timeout 1 s to 1 h
         * @return this
         */
        public Builder connectTimeout(Duration timeout) {
            connectTimeout = checked("connectTimeout", timeout);
            return this;
        }

        /**
         * How often a silent host is asked whether it is still there, and how often in vain until the connection counts as
         * lost. By default 10 s and 3. A connection that brings nothing at all, although it is asked, is given up within
         * {@code interval x (count + 2)}; one that is only slow is not.
         *
         * @param interval 1 s to 1 h
         * @param count 1 to 100
         * @return this
         */
        public Builder keepAlive(Duration interval, int count) {
            keepAlive = checked("keepAlive", interval);
            if (count < 1 || count > 100) {
                throw new IllegalArgumentException("keepAlive count " + count + ": use 1 to 100");
            }
            keepAliveCount = count;
            return this;
        }

        /**
         * The program that is run as {@code ssh}, and its first arguments. By default {@code ssh} of the search path.
         *
         * @param program the program and its arguments, at least one word; no shell reads them
         * @return this
         */
        public Builder command(List<String> program) {
            if (program.isEmpty() || program.get(0).isEmpty()) {
                throw new IllegalArgumentException("command: name a program");
            }
            command = List.copyOf(program);
            return this;
        }

        /**
         * Makes the connection object; it connects when it is needed.
         *
         * @return the connection
         */
        public SshConnection build() {
            return new SshConnection(this);
        }

        private static Duration checked(String option, Duration value) {
            if (value.compareTo(Duration.ofSeconds(1)) < 0 || value.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException(option + " " + value + ": use 1 s to 1 h");
            }
            return value;
        }

        /** ssh reads names of files as it reads its configuration. */
        private static Path quotable(String option, Path file) {
            Path absolute = file.toAbsolutePath();
            if (UNQUOTABLE.matcher(absolute.toString()).matches()) {
                throw new IllegalArgumentException(option + " '" + Text.shown(absolute.toString())
                        + "': ssh can't be given a name with quotes, backslashes, control characters or ${");
            }
            return absolute;
        }
    }
}
