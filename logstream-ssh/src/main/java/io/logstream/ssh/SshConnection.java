package io.logstream.ssh;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one host, which any number of {@link SshFileSource}s share. It is made when the first of them is opened, made
 * again when it was lost and one of them is opened again, and given up when none has used it for {@linkplain Builder#maxIdle a
 * while}: close it after the hub.
 *
 * <p>By default it is made in this process. Of {@code ~/.ssh/config} it understands Host, HostName, Port, User, IdentityFile,
 * IdentitiesOnly, IdentityAgent, ProxyJump, UserKnownHostsFile, GlobalKnownHostsFile, HostKeyAlias, Compression and Include; a
 * line for this host that would change more than that is refused, with its name. The system's own configuration in {@code /etc}
 * is not read. Or the system's {@code ssh} makes it, {@link Builder#command}, which understands all.
 *
 * <p>Nobody is asked for anything, and only keys are offered: those of files and those of the agent. For files it
 * takes the SFTP subsystem of the host and nothing else, unless {@link SshFileSource.Mode#EXEC} or {@link #run} asks for it: no
 * shell, no command. In no case does anything stay behind of what follows a file.
 *
 * <p>Host keys are strict, whatever the configuration says: one that is not known, or not the known one, is refused before the
 * login. (Of jump hosts the configuration decides where {@code ssh} makes the connection.) A refused host key or login is a
 * {@link LogStreamException} and never tried again by this object.
 *
 * <p>Immutable but for its connections; threadsafe. Each takes four threads: two that read and write, and two of the built-in SSH,
 * more for jump hosts, or one for what the program prints as errors and one that waits for its end. One more is shared by all.
 */
public final class SshConnection implements AutoCloseable {
    private static final Pattern HOST = Pattern.compile("[\\p{Alnum}_:][^\\s\\p{Cntrl}@/\\\\\"'`$;&|<>(){}*?!]{0,254}");
    private static final Pattern USER =
            Pattern.compile("[^\\s\\p{Cntrl}@/:\"'`$;&|<>(){}*?!-][^\\s\\p{Cntrl}@/:\"'`$;&|<>(){}*?!]{0,254}");
    private static final Pattern UNQUOTABLE = Pattern.compile("(?s).*[\"\\\\\\p{Cntrl}].*|.*\\$\\{.*");

    private static final Duration ONE_ANSWER = Duration.ofHours(1);
    private static final int MOST_OUT = 16 << 20;

    private final String name;
    private final Pool pool;
    private final Executor connecting;

    private SshConnection(Builder builder) {
        this(
                (builder.user.isEmpty() ? "" : builder.user + "@")
                        + (builder.host.contains(":") ? "[" + builder.host + "]" : builder.host)
                        + (builder.port > 0 ? ":" + builder.port : ""),
                builder.command.isEmpty()
                        ? MinaDialer.of(builder)
                        : new ProcessDialer(SystemSsh.command(builder), SystemSsh.forCommands(builder)),
                builder,
                SshConnection::startThread);
    }

    /** For tests: by another way than the builder says. */
    SshConnection(String name, Dialer dialer, Builder builder, Executor connecting) {
        this.name = name;
        this.connecting = connecting;
        this.pool = new Pool(name, dialer, builder, connecting);
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

    /**
     * Runs a program on the host, and waits for nothing: the connection is made first if there is none. At most 8 run over a
     * connection at a time, others wait. A command that ends with an exit status has not failed, whatever the status is.
     *
     * <p>The login shell of the user there starts it, so the words are to be fixed text: any of sh, bash, zsh, csh, tcsh and fish
     * takes them as they are given, between single quotes, and what one of them would still understand there is refused. What
     * comes from data, such as a path, goes to {@code input}, which no shell reads.
     *
     * <p>Who no longer wants it cancels the future: then its channel is closed, so its input ends, and what it prints goes nowhere.
     * A program that does neither read nor print goes on on the host until it ends by itself.
     *
     * <p>It may print up to 16 MiB; {@link #run(List, byte[], Duration, int)} takes another bound.
     *
     * @param command a program, not a builtin of the shell, and its arguments: printable ASCII without {@code '}, {@code \} and
     *     {@code !}
     * @param input what it reads, and then finds the end; empty for nothing
     * @param patience how long it may take, with connecting and waiting
     * @return what came of it, told on a thread that may be held up. It fails with an {@link java.io.IOException} if the
     *     connection is lost, the time is over, it prints too much, or it has taken nothing of a long input for 30 s; with a {@link
     *     LogStreamException} if the host refuses, or this connection was closed. Where {@code ssh} connects, an exit status of
     *     255, or of 129 to 192, is a failed connection: it may be that of {@code ssh}. And where that uses the connection of a
     *     {@code ControlMaster}, <em>what was printed may be cut off though a status is told</em>: if that connection is lost
     *     between the two, {@code ssh} does not say so. Where that matters, set {@code ControlPath none} for the host, or let the
     *     command print something at its end that is looked for.
     * @throws IllegalArgumentException if a word is refused
     */
    public CompletableFuture<RemoteResult> run(List<String> command, byte[] input, Duration patience) {
        return run(command, input, patience, MOST_OUT);
    }

    /**
     * The same, with another bound for what the program prints. It is held in memory, up to four times for a moment.
     *
     * @param command as above
     * @param input as above
     * @param patience as above
     * @param mostBytes how much it may print, 0 to 256 MiB
     * @return as above
     * @throws IllegalArgumentException if a word or the bound is refused
     */
    public CompletableFuture<RemoteResult> run(List<String> command, byte[] input, Duration patience, int mostBytes) {
        if (mostBytes < 0 || mostBytes > 256 << 20) {
            throw new IllegalArgumentException("mostBytes " + mostBytes + ": use 0 to 256 MiB");
        }
        String line = CommandLine.of(command);
        byte[] told = input.clone();
        Command run = new Command(name + ": " + command.get(0), patience, mostBytes, connecting);
        withServer(run.result(), server -> run.began(server.commands().start(line, told, false, run)));
        return run.result();
    }

    /**
     * Whether there is a file, or anything else, with this path on the host: asked over SFTP, without a shell or a command. Waits
     * for nothing; the connection is made first if there is none.
     *
     * @param path its path there; a relative one begins in the user's home directory. Nothing is there if it is empty, longer than
     *     4096 bytes, or has a NUL in it, or if it is too long for the host
     * @return the answer, told on a thread that may be held up. It fails with an {@link java.io.IOException} if the connection is
     *     lost or the host does not tell; with a {@link LogStreamException} if the host refuses, as where a directory may not be
     *     searched, or this connection was closed
     */
    public CompletableFuture<Boolean> exists(String path) {
        if (!SshFileSource.isPath(path)) {
            return CompletableFuture.completedFuture(false);
        }
        CompletableFuture<Boolean> there = new CompletableFuture<>();
        withServer(there, server -> {
            CompletableFuture<Attributes> unused = server.stat(path)
                    .whenComplete((attributes, failure) -> Watch.execute(connecting, () -> {
                        if (failure == null) {
                            there.complete(true);
                        } else if (failure instanceof SftpStatus status) {
                            tellMissing(status, path, there);
                        } else {
                            there.completeExceptionally(failure);
                        }
                    }));
        });
        return there;
    }

    private void tellMissing(SftpStatus status, String path, CompletableFuture<Boolean> there) {
        String what = name + ": " + Text.escaped(path);
        switch (status.code()) {
            case SftpStatus.NO_SUCH_FILE, SftpStatus.BAD_MESSAGE ->
                there.complete(false); // OpenSSH's word for a long name
            case SftpStatus.PERMISSION_DENIED ->
                there.completeExceptionally(new LogStreamException(what + " may not be looked at", status));
            default -> there.completeExceptionally(status.again(what));
        }
    }

    /** Asks the server for something, connected until the answer is there. */
    private void withServer(CompletableFuture<?> answer, Consumer<Sftp> ask) {
        try {
            connecting.execute(() -> askNow(answer, ask));
        } catch (RuntimeException | Error e) {
            answer.completeExceptionally(new IOException("no thread to ask " + name + ": " + e.getMessage(), e));
        }
    }

    private void askNow(CompletableFuture<?> answer, Consumer<Sftp> ask) {
        try {
            Sftp server = pool.takeForCommand();
            CompletableFuture<?> unused = answer.whenComplete((any, failure) -> pool.give(server));
            if (!answer.isDone()) {
                ask.accept(server);
            }
        } catch (InterruptedException e) {
            answer.completeExceptionally(new IOException("interrupted", e));
        } catch (IOException | RuntimeException | Error e) {
            answer.completeExceptionally(e);
        }
    }

    void checkOpen() {
        pool.checkOpen();
    }

    /**
     * The server, connected, for one more file; to be {@linkplain #release released}.
     *
     * @throws IOException if it can't be reached now
     * @throws LogStreamException if it refuses
     */
    Sftp sftp() throws IOException, InterruptedException {
        return pool.take();
    }

    /** Says that a file does not use it any more. */
    void release(Sftp sftp) {
        pool.give(sftp);
    }

    /** How many connections there are, or are being made. */
    int size() {
        return pool.size();
    }

    /** Ends the connection. Sources that use it fail. Closing twice does nothing. */
    @Override
    public void close() {
        pool.close();
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
        int maxConnections = 1;
        Duration maxIdle = Duration.ofMinutes(1);
        List<String> command = List.of();

        @Nullable
        Function<Path, char[]> passphrases;

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
         * How many connections there may be at a time. Files are spread over them: a new one goes to that with the fewest, or to
         * another as long as each has one. By default 1, which all files share; more helps where single file systems of the host
         * hang, as its SFTP server answers one request after the other.
         *
         * @param most 1 to 64
         * @return this
         */
        public Builder maxConnections(int most) {
            if (most < 1 || most > 64) {
                throw new IllegalArgumentException("maxConnections " + most + ": use 1 to 64");
            }
            maxConnections = most;
            return this;
        }

        /**
         * How long a connection is kept that no file uses. By default 1 min.
         *
         * @param unused 0 to 1 h
         * @return this
         */
        public Builder maxIdle(Duration unused) {
            if (unused.isNegative() || unused.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException("maxIdle " + unused + ": use 0 to 1 h");
            }
            maxIdle = unused;
            return this;
        }

        /**
         * Gives the passphrase of a file with a private key that has one. By default nobody does: such a key is used if the agent
         * has it. It is asked when it is needed, from a thread that connects, which it may hold up; the array is cleared after
         * use. Not for {@link #command}, as a program can't be told.
         *
         * @param ofFile gives the passphrase of the file named
         * @return this
         */
        public Builder passphrase(Function<Path, char[]> ofFile) {
            passphrases = Objects.requireNonNull(ofFile, "ofFile");
            return this;
        }

        /**
         * Connects with a program in place of the built-in SSH: {@code command(List.of("ssh"))} for the system's, so that all
         * that it can do can be used: Match, ProxyCommand, hardware keys, GSSAPI, certificates, a ControlMaster that is there.
         *
         * @param program the program and its first arguments, at least one word; no shell reads them
         * @return this
         */
        public Builder command(List<String> program) {
            if (program.isEmpty() || program.get(0).isEmpty()) {
                throw new IllegalArgumentException("command: name a program");
            }
            command = List.copyOf(program);
            return this;
        }

        Destination destination() {
            return new Destination(
                    host, port, user, config, List.copyOf(identities), knownHosts, anyHostKey, compression);
        }

        /**
         * Makes the connection object; it connects when it is needed.
         *
         * @return the connection
         * @throws IllegalArgumentException if a program is to be told a passphrase
         */
        public SshConnection build() {
            if (passphrases != null && !command.isEmpty()) {
                throw new IllegalArgumentException(
                        "passphrase: " + command.get(0) + " can't be told one; use an agent");
            }
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
