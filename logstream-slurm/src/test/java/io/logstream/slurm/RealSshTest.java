package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent.Kind;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.ssh.SshConnection;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster that is asked over SSH, and nodes whose own disks are read over SSH, with a real sshd. */
class RealSshTest {
    @TempDir
    private Path directory;

    private final LogHub hub = LogHub.create();
    private final RealSlurm slurm;
    private final List<SshConnection> connections = new ArrayList<>();
    private final List<Process> servers = new ArrayList<>();
    private Process sshd;

    RealSshTest() throws Exception {
        slurm = RealSlurm.shared();
    }

    @AfterEach
    void end() throws Exception {
        hub.close();
        connections.forEach(SshConnection::close);
        for (Process server : servers) {
            stop(server);
        }
        slurm.cancelAll();
    }

    private static void stop(Process server) throws Exception {
        List<ProcessHandle> sessions = server.descendants().toList();
        server.destroyForcibly().waitFor();
        sessions.forEach(ProcessHandle::destroyForcibly);
    }

    private SshConnection connect(String sftpServer) throws Exception {
        return connect(directory, sftpServer);
    }

    /** A machine whose SFTP server is this program, with its keys in a directory. */
    private SshConnection connect(Path directory, String sftpServer) throws Exception {
        Files.createDirectories(Path.of("/run/sshd"));
        for (String key : List.of("host", "user")) {
            slurm.said(
                    "ssh-keygen",
                    "-q",
                    "-t",
                    "ed25519",
                    "-N",
                    "",
                    "-C",
                    "t",
                    "-f",
                    directory.resolve(key).toString());
        }
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path config = Files.write(
                directory.resolve("sshd_config"),
                List.of(
                        "Port " + port,
                        "ListenAddress 127.0.0.1",
                        "HostKey " + directory.resolve("host"),
                        "AuthorizedKeysFile " + directory.resolve("user.pub"),
                        "PidFile none",
                        "UsePAM no",
                        "StrictModes no",
                        "PermitRootLogin prohibit-password",
                        "SetEnv HOME=" + directory,
                        "Subsystem sftp " + sftpServer));
        sshd = launch(config);
        String key = Files.readString(directory.resolve("host.pub"));
        Path known = Files.writeString(directory.resolve("known"), "[127.0.0.1]:" + port + " " + key);
        Path client = Files.createFile(
                directory.resolve("ssh_config"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        SshConnection connection = SshConnection.builder("127.0.0.1")
                .port(port)
                .user("root")
                .config(client)
                .identity(directory.resolve("user"))
                .knownHosts(known)
                .build();
        connections.add(connection);
        return connection;
    }

    private Process launch(Path config) throws Exception {
        Path out = Files.createTempFile(config.getParent(), "sshd", ".out");
        Process server = new ProcessBuilder("/usr/sbin/sshd", "-D", "-e", "-f", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        servers.add(server);
        CollectingViewer.until("sshd listens", () -> {
            try {
                return Files.readString(out).contains("listening");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return server;
    }

    /** An SFTP server that sees another directory in place of one. */
    private String sftpThatSees(Path other, Path inPlaceOf) throws IOException {
        Path server = Files.writeString(
                directory.resolve("sftp"),
                "#!/bin/sh\nexec unshare -m sh -c 'mount --bind " + other + " " + inPlaceOf
                        + " && exec /usr/lib/openssh/sftp-server'\n");
        Files.setPosixFilePermissions(server, PosixFilePermissions.fromString("rwx------"));
        return server.toString();
    }

    private CollectingViewer follow(SlurmCluster cluster, String job) {
        CollectingViewer viewer = new CollectingViewer();
        SlurmJobSource source = SlurmJobSource.builder(cluster, job)
                .settleTime(Duration.ofMillis(500))
                .build();
        StreamOptions options = StreamOptions.builder()
                .retry(Duration.ofMillis(20), Duration.ofMillis(200))
                .build();
        hub.open("slurm:" + job, source, options)
                .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), viewer);
        return viewer;
    }

    @Test
    void jobIsFollowed_whereSqueueAndItsFileAreOnAnotherMachine() throws Exception {
        try (SlurmCluster cluster = SlurmCluster.builder()
                .ssh(connect("/usr/lib/openssh/sftp-server"))
                .configuration(slurm.configuration())
                .pollInterval(Duration.ofMillis(200))
                .build()) {
            String job = slurm.submit(directory, "echo one; echo oh >&2; exit 3", "-H", "-o", "out-%N-%j", "-e", "err");
            CollectingViewer viewer = follow(cluster, job);
            viewer.awaitEvent(Kind.WAITING);
            slurm.said("scontrol", "release", job);
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.lines()).containsExactlyInAnyOrder("one", "oh");
            assertThat(viewer.gaps()).isEmpty();
            assertThat(viewer.told()).endsWith("FINISHED 3");
            assertThat(cluster.jobs()).extracting(SlurmJob::label).contains(job);
        }
    }

    /** The node sees another directory at the same path, as it does with /tmp. */
    @Test
    void fileOnTheNodesOwnDisk_isReadOverSsh() throws Exception {
        Path scratch = Files.createDirectory(directory.resolve("scratch"));
        Path onNode = Files.createDirectory(directory.resolve("scratch-of-the-node"));
        SshConnection node = connect(sftpThatSees(onNode, scratch));
        FakeQuery query = new FakeQuery();
        query.says("PENDING", scratch.resolve("out").toString());
        try (SlurmCluster cluster = new SlurmCluster(
                "fake", query, Duration.ofMillis(50), () -> LogHost.HERE, name -> new SshHost(name, () -> node))) {
            CollectingViewer viewer = follow(cluster, "12");
            viewer.awaitEvent(Kind.WAITING);
            Path file = Files.writeString(onNode.resolve("out"), "one\n");
            query.says("RUNNING", scratch.resolve("out").toString());
            viewer.awaitLine("one");
            Files.writeString(file, "two\n", StandardOpenOption.APPEND);
            viewer.awaitLine("two");
            List<ProcessHandle> sessions = sshd.descendants().toList();
            sessions.forEach(ProcessHandle::destroyForcibly);
            viewer.awaitEvent(Kind.RECONNECTING);
            Files.writeString(file, "three\n", StandardOpenOption.APPEND);
            viewer.awaitLine("three");
            assertThat(sshd.waitFor(0, TimeUnit.SECONDS)).isFalse();
            stop(sshd); // now there is nobody to connect to either
            CollectingViewer.until(
                    "an outage",
                    () -> viewer.kinds().stream()
                                    .filter(Kind.RECONNECTING::equals)
                                    .count()
                            == 2);
            Files.writeString(file, "four\n", StandardOpenOption.APPEND);
            query.says("COMPLETED", scratch.resolve("out").toString());
            query.awaitAnswers(10);
            assertThat(viewer.told().toString()).doesNotContain("FINISHED");
            launch(directory.resolve("sshd_config"));
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.lines()).containsExactly("one", "two", "three", "four");
            assertThat(viewer.gaps()).isEmpty();
            assertThat(viewer.told()).endsWith("FINISHED 0");
        }
    }

    /** The login node does not see the disk that the job writes to. */
    @Test
    void jobOfARealCluster_isReadFromItsNode_whereNothingElseSeesItsFile() throws Exception {
        Path scratch = Files.createDirectory(directory.resolve("scratch"));
        Path empty = Files.createDirectory(directory.resolve("scratch-of-the-login-node"));
        Path nodeKeys = Files.createDirectory(directory.resolve("node"));
        SshConnection login = connect(sftpThatSees(empty, scratch));
        SshConnection node = connect(nodeKeys, "/usr/lib/openssh/sftp-server");
        try (SlurmCluster cluster = SlurmCluster.builder()
                .ssh(login)
                .nodes(name -> node)
                .configuration(slurm.configuration())
                .pollInterval(Duration.ofMillis(200))
                .build()) {
            String job =
                    slurm.submit(scratch, "echo one; echo oh >&2; echo two; exit 3", "-H", "-o", "o-%N-%j", "-e", "e");
            CollectingViewer viewer = follow(cluster, job);
            viewer.awaitEvent(Kind.WAITING);
            slurm.said("scontrol", "release", job);
            assertThat(viewer.awaitEnd().kind()).isEqualTo(EndReason.Kind.COMPLETED);
            assertThat(viewer.lines()).containsExactlyInAnyOrder("one", "oh", "two");
            assertThat(viewer.gaps()).isEmpty();
            assertThat(viewer.told()).endsWith("FINISHED 3");
        }
    }

    @Test
    void clusterWhoseMachineRefuses_failsTheStream() throws Exception {
        SshConnection stranger = SshConnection.builder("127.0.0.1")
                .port(connectedPort())
                .user("root")
                .config(directory.resolve("ssh_config"))
                .identity(directory.resolve("host"))
                .knownHosts(directory.resolve("known"))
                .build();
        try (stranger;
                SlurmCluster cluster = SlurmCluster.builder().ssh(stranger).build()) {
            EndReason end = follow(cluster, "1").awaitEnd();
            assertThat(end.kind()).isEqualTo(EndReason.Kind.FAILED);
        }
    }

    private int connectedPort() throws Exception {
        return Integer.parseInt(connect("/usr/lib/openssh/sftp-server").host().replaceFirst(".*:", ""));
    }
}
