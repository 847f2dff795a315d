package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.BackpressurePolicy;
import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import io.logstream.testkit.Fault;
import io.logstream.testkit.FaultProxy;
import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real sshd, reached by the built-in SSH and by the system's: each case with both. */
abstract class RealSshTest {
    @TempDir
    private Path directory;

    private static RealSshd sshd;
    private SshConnection connection;
    private final LogHub hub = LogHub.builder().memoryBytes(512 << 20).build();
    private Path log;

    @BeforeAll
    static void start(@TempDir Path keys) throws Exception {
        sshd = new RealSshd(keys);
    }

    @AfterAll
    static void stop() throws Exception {
        if (sshd != null) {
            sshd.close();
        }
    }

    @BeforeEach
    void begin() throws Exception {
        connection = reaching().keepAlive(Duration.ofSeconds(1), 1).build();
        log = directory.resolve("app.log");
    }

    @AfterEach
    void end() throws Exception {
        hub.close();
        connection.close();
        CollectingViewer.until("no session is left", () -> sshd.sessions().isEmpty());
    }

    /** Chooses the way of connecting. */
    abstract SshConnection.Builder by(SshConnection.Builder builder);

    final SshConnection.Builder reaching() throws Exception {
        return by(sshd.connection());
    }

    final RealSshd sshd() {
        return sshd;
    }

    final Path directory() {
        return directory;
    }

    final CollectingViewer follow(SshConnection over, Path file) {
        CollectingViewer viewer = new CollectingViewer();
        StreamOptions options = StreamOptions.builder()
                .retry(Duration.ofMillis(20), Duration.ofMillis(200))
                .retainBytes(128 << 20)
                .allowBlock(BackpressurePolicy.FOREVER)
                .build();
        SubscribeOptions how = SubscribeOptions.builder()
                .replay(Replay.all())
                .policy(BackpressurePolicy.block())
                .build();
        hub.open(file.toString() + System.identityHashCode(over), SshFileSource.of(over, file.toString()), options)
                .subscribe(how, viewer);
        return viewer;
    }

    private static void write(Path file, String text) throws Exception {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ed25519", "rsa", "ecdsa"})
    void fileIsFollowed_withKeysOfEachKind(String type) throws Exception {
        write(log, "one\n");
        try (RealSshd other = new RealSshd(Files.createDirectory(directory.resolve(type)), type);
                SshConnection over = by(other.connection()).build()) {
            CollectingViewer viewer = follow(over, log);
            viewer.awaitLine("one");
            write(log, "two\n");
            viewer.awaitLine("two");
            assertThat(viewer.lines()).containsExactly("one", "two");
        }
    }

    @Test
    void anyName_isThatFile() throws Exception {
        List<String> names = List.of(
                "with space",
                "we'ird",
                "\"double\"",
                "$(touch PWNED)",
                "`touch PWNED`",
                "new\nline",
                "!bang",
                "-dash",
                "back\\slash",
                "*?[x]",
                "\u00e9\u4e2d");
        for (String name : names) {
            write(directory.resolve(name), "number " + names.indexOf(name) + "\n");
        }
        for (String name : names) {
            CollectingViewer viewer = follow(connection, directory.resolve(name));
            viewer.awaitLine("number " + names.indexOf(name));
            assertThat(viewer.lines()).hasSize(1);
        }
        assertThat(Files.exists(directory.resolve("PWNED"))).isFalse();
    }

    @Test
    void readingGoesOn_whenTheSessionIsKilled() throws Exception {
        write(log, "one\n");
        CollectingViewer viewer = follow(connection, log);
        viewer.awaitLine("one");
        sshd.killSessions();
        write(log, "two\n");
        viewer.awaitLine("two");
        assertThat(viewer.lines()).containsExactly("one", "two");
        assertThat(viewer.kinds()).containsSubsequence(Kind.RECONNECTING, Kind.RECONNECTED);
        assertThat(viewer.gaps()).isEmpty();
    }

    @Test
    void readingGoesOn_whenTheSessionFreezes() throws Exception {
        write(log, "one\n");
        CollectingViewer viewer = follow(connection, log);
        viewer.awaitLine("one");
        sshd.signalSessions("STOP");
        write(log, "two\n");
        viewer.awaitLine("two");
        assertThat(viewer.lines()).containsExactly("one", "two");
        assertThat(viewer.kinds()).contains(Kind.RECONNECTED);
        sshd.killSessions(); // the frozen ones would stay
    }

    @Test
    void fileComesByteForByte_whileConnectionsAreKilled() throws Exception {
        CollectingViewer viewer = follow(connection, log).bytesOnly();
        CompletableFuture<Long> writing =
                CompletableFuture.supplyAsync(this::writeForAWhile, task -> new Thread(task, "writer").start());
        Random random = new Random(3);
        while (!writing.isDone()) {
            LockSupport.parkNanos(Duration.ofMillis(100 + random.nextInt(500)).toNanos());
            sshd.killSessions();
        }
        long size = writing.get();
        viewer.await("all bytes", () -> viewer.size() >= size);
        assertThat(Arrays.mismatch(viewer.bytes(Channel.STDOUT), Files.readAllBytes(log)))
                .isEqualTo(-1);
        assertThat(viewer.gaps()).isEmpty();
        assertThat(viewer.kinds()).contains(Kind.RECONNECTED);
    }

    @Test
    void readingGoesOn_whenTheNetworkFreezes() throws Exception {
        write(log, "one\n");
        try (FaultProxy proxy = FaultProxy.tcp(new InetSocketAddress("127.0.0.1", sshd.port));
                SshConnection over =
                        through(proxy).keepAlive(Duration.ofSeconds(1), 1).build()) {
            CollectingViewer viewer = follow(over, log);
            viewer.awaitLine("one");
            proxy.fault(FaultProxy.Direction.TO_CLIENT, Fault.stallAfter(0));
            proxy.fault(FaultProxy.Direction.TO_SERVER, Fault.stallAfter(0));
            long frozen = System.nanoTime();
            viewer.await("the outage is noticed", () -> viewer.kinds().contains(Kind.RECONNECTING));
            assertThat(Duration.ofNanos(System.nanoTime() - frozen)).isLessThan(Duration.ofSeconds(20));
            proxy.heal();
            write(log, "two\n");
            viewer.awaitLine("two");
            assertThat(viewer.lines()).containsExactly("one", "two");
            assertThat(viewer.gaps()).isEmpty();
        }
    }

    @Test
    void hostThatDoesNotAnswer_isGivenUp_andReachedLater() throws Exception {
        write(log, "one\n");
        try (FaultProxy proxy = FaultProxy.tcp(new InetSocketAddress("127.0.0.1", sshd.port))) {
            proxy.fault(FaultProxy.Direction.TO_CLIENT, Fault.stallAfter(0));
            SshConnection over =
                    through(proxy).connectTimeout(Duration.ofSeconds(1)).build();
            try (over) {
                CollectingViewer viewer = follow(over, log);
                viewer.await("the first attempt fails", () -> viewer.kinds().contains(Kind.RECONNECTING));
                proxy.heal();
                viewer.awaitLine("one");
            }
        }
    }

    @Test
    void slowLine_isNoOutage() throws Exception {
        Files.write(
                log,
                "a line that is not short at all, for a line that is slow\n"
                        .repeat(18_000)
                        .getBytes(StandardCharsets.US_ASCII));
        try (FaultProxy proxy = FaultProxy.tcp(new InetSocketAddress("127.0.0.1", sshd.port));
                SshConnection over =
                        through(proxy).keepAlive(Duration.ofSeconds(3), 1).build()) {
            proxy.fault(FaultProxy.Direction.TO_CLIENT, Fault.trickle(8192, Duration.ofMillis(60)));
            CollectingViewer viewer = follow(over, log).bytesOnly();
            viewer.await("all bytes", () -> viewer.size() >= fileSize());
            assertThat(viewer.kinds()).doesNotContain(Kind.RECONNECTING);
        }
    }

    private long fileSize() {
        return log.toFile().length();
    }

    private SshConnection.Builder through(FaultProxy proxy) throws Exception {
        int port = ((InetSocketAddress) proxy.address()).getPort();
        Path known = Files.writeString(
                directory.resolve("known-" + port),
                Files.readString(sshd.knownHosts).replace(":" + sshd.port, ":" + port));
        return reaching().port(port).knownHosts(known);
    }

    @Test
    void unknownHostKey_isRefused_andNotTriedAgain() throws Exception {
        Path empty = Files.createFile(directory.resolve("nobody"));
        assertRefused(reaching().knownHosts(empty), "the host key is not known");
    }

    @Test
    void changedHostKey_isRefused() throws Exception {
        Path other = sshd.key("another", "ed25519", "");
        Path wrong = Files.writeString(
                directory.resolve("wrong"), "[127.0.0.1]:" + sshd.port + " " + RealSshd.publicKey(other) + "\n");
        assertRefused(reaching().knownHosts(wrong), "the host key is not the known one");
    }

    @Test
    void revokedHostKey_isRefused() throws Exception {
        Path revoked = Files.writeString(
                directory.resolve("revoked"),
                "@revoked * " + Files.readString(sshd.knownHosts).replaceFirst("^\\S+ ", "")
                        + Files.readString(sshd.knownHosts));
        assertRefused(reaching().knownHosts(revoked), "host key");
    }

    @Test
    void anyHostKey_isTaken_whereThatIsAskedFor() throws Exception {
        Path empty = Files.createFile(directory.resolve("nobody"));
        write(log, "one\n");
        try (SshConnection over =
                reaching().knownHosts(empty).insecureAcceptAnyHostKey().build()) {
            follow(over, log).awaitLine("one");
        }
    }

    @Test
    void configurationThatIsLax_changesNothing() throws Exception {
        Path lax = config("Host *\n  StrictHostKeyChecking no\n");
        Path empty = Files.createFile(directory.resolve("nobody"));
        assertRefused(reaching().config(lax).knownHosts(empty), "the host key is not known");
    }

    @Test
    void wrongKey_isRefused() throws Exception {
        Path stranger = sshd.key("stranger", "ed25519", "");
        SshConnection.Builder builder = by(SshConnection.builder("127.0.0.1")
                .port(sshd.port)
                .user("root")
                .config(config(""))
                .knownHosts(sshd.knownHosts)
                .identity(stranger));
        int attempts = sshd.refusedLogins();
        assertRefused(builder, "the host refuses the login");
        CollectingViewer.until("it was tried", () -> sshd.refusedLogins() > attempts);
        assertThat(sshd.refusedLogins()).isEqualTo(attempts + 1);
    }

    @Test
    void hashedKnownHosts_areKnown() throws Exception {
        Path hashed = Files.copy(sshd.knownHosts, directory.resolve("hashed"));
        RealSshd.run("ssh-keygen", "-q", "-H", "-f", hashed.toString());
        assertThat(Files.readString(hashed)).startsWith("|1|");
        write(log, "one\n");
        try (SshConnection over = reaching().knownHosts(hashed).build()) {
            follow(over, log).awaitLine("one");
        }
    }

    @Test
    void agent_holdsTheKey_alsoOneWithAPassphrase() throws Exception {
        Path secret = sshd.key("secret-" + getClass().getSimpleName(), "ed25519", "open sesame");
        sshd.authorize(secret);
        Path socket = directory.resolve("agent");
        write(log, "one\n");
        try (RealAgent agent = new RealAgent(socket)) {
            Path config = config("Host *\n  IdentityAgent " + socket + "\n");
            // without the key, the agent has none that is known
            assertRefused(bare().config(config), "the host refuses the login");
            agent.add(secret, "open sesame");
            try (SshConnection over = bare().config(config).build();
                    SshConnection named = bare().config(config).identity(secret).build()) {
                follow(over, log).awaitLine("one");
                follow(named, log).awaitLine("one");
            }
        }
    }

    /** Without a key. */
    private SshConnection.Builder bare() {
        return by(
                SshConnection.builder("127.0.0.1").port(sshd.port).user("root").knownHosts(sshd.knownHosts));
    }

    final Path config(String text) throws Exception {
        return Files.writeString(Files.createTempFile(directory, "config", ""), text);
    }

    @Test
    void hostOfTheConfiguration_isFound_throughAnotherHost() throws Exception {
        try (RealSshd gate = new RealSshd(Files.createDirectory(directory.resolve("gate")))) {
            Path config = config(host("behind", sshd) + "  ProxyJump gate\n" + host("gate", gate));
            write(log, "one\n");
            try (SshConnection over =
                    by(SshConnection.builder("behind")).config(config).build()) {
                CollectingViewer viewer = follow(over, log);
                viewer.awaitLine("one");
                assertThat(gate.sessions()).isNotEmpty();
                gate.killSessions();
                write(log, "two\n");
                viewer.awaitLine("two");
                assertThat(viewer.lines()).containsExactly("one", "two");
            }
            CollectingViewer.until("no session is left", () -> gate.sessions().isEmpty());
        }
    }

    static String host(String name, RealSshd sshd) {
        return "Host " + name + "\n  HostName 127.0.0.1\n  Port " + sshd.port + "\n  User root\n  IdentityFile "
                + sshd.userKey + "\n  UserKnownHostsFile " + sshd.knownHosts + "\n";
    }

    @Test
    void compressedConnection_isReadAsWell() throws Exception {
        Files.write(log, "the same again\n".repeat(20_000).getBytes(StandardCharsets.US_ASCII));
        try (SshConnection over = reaching().compression(true).build()) {
            CollectingViewer viewer = follow(over, log).bytesOnly();
            viewer.await("all bytes", () -> viewer.size() >= fileSize());
            assertThat(viewer.bytes(Channel.STDOUT)).isEqualTo(Files.readAllBytes(log));
        }
    }

    @Test
    void nothingIsLeft_whenTheConnectionIsClosed() throws Exception {
        write(log, "one\n");
        CollectingViewer viewer = follow(connection, log);
        viewer.awaitLine("one");
        assertThat(sshd.sessions()).isNotEmpty();
        hub.close();
        connection.close();
        long closed = System.nanoTime();
        CollectingViewer.until("no session is left", () -> sshd.sessions().isEmpty());
        assertThat(Duration.ofNanos(System.nanoTime() - closed)).isLessThan(Duration.ofSeconds(20));
        CollectingViewer.until("no thread is left", () -> connectionThreads().isEmpty());
    }

    private static List<String> connectionThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.contains("logstream-ssh") && !name.endsWith("-watch"))
                .toList();
    }

    @Test
    void connectionTakesFourThreads() throws Exception {
        write(log, "one\n");
        follow(connection, log).awaitLine("one");
        CollectingViewer.until(
                "four threads: " + connectionThreads(),
                () -> connectionThreads().size() <= 4);
    }

    final void assertRefused(SshConnection.Builder builder, String why) throws Exception {
        write(log, "one\n");
        try (SshConnection over = builder.build()) {
            EndReason end = follow(over, log).awaitEnd();
            assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
            assertThat(end.toString()).contains(why);
            assertThatThrownBy(over::sftp)
                    .isInstanceOf(LogStreamException.class)
                    .hasMessageContaining(why);
        }
    }

    /** About 20,000 lines a second, for 4 s. */
    private long writeForAWhile() {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(log))) {
            long size = 0;
            for (int tick = 0; tick < 400; tick++) {
                for (int i = 0; i < 200; i++) {
                    byte[] line = ("line " + (tick * 200 + i) + " of a log that is written fast\n")
                            .getBytes(StandardCharsets.UTF_8);
                    out.write(line);
                    size += line.length;
                }
                out.flush();
                LockSupport.parkNanos(10_000_000);
            }
            return size;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
