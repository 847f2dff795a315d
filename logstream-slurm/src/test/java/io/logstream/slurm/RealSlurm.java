package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A real SLURM of the tests' own: munged, slurmctld and two slurmd on this machine, with all their files in a directory that
 * goes with it and ports of the loopback interface. Takes root. Ends with the tests' JVM.
 */
final class RealSlurm implements AutoCloseable {
    private static final List<String> PROGRAMS = List.of(
            "/usr/sbin/munged",
            "/usr/sbin/slurmctld",
            "/usr/sbin/slurmd",
            "/usr/bin/sbatch",
            "/usr/bin/squeue",
            "/usr/sbin/slurmrestd");
    private static RealSlurm shared;

    final Path directory;
    private final Map<String, Process> daemons = new LinkedHashMap<>();

    private RealSlurm() throws Exception {
        directory = Files.createTempDirectory("logstream-slurm");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** The cluster that all tests share. */
    static synchronized RealSlurm shared() throws Exception {
        if (shared == null) {
            requireSlurm();
            RealSlurm started = new RealSlurm();
            Runtime.getRuntime().addShutdownHook(new Thread(started::close));
            started.start();
            shared = started;
        }
        return shared;
    }

    /** Where there is nothing to start, a test is skipped; in a continuous build that is a failure. */
    private static void requireSlurm() {
        List<String> missing = new ArrayList<>();
        if (!"root".equals(System.getProperty("user.name"))) {
            missing.add("root's rights");
        }
        PROGRAMS.stream().filter(file -> !Files.isExecutable(Path.of(file))).forEach(missing::add);
        String message = "tests with a real SLURM need " + missing + " (Debian: apt-get install --no-install-recommends"
                + " slurmctld slurmd slurm-client slurmrestd munge)";
        if ("true".equals(System.getenv("CI"))) {
            assertThat(missing).as(message).isEmpty();
        } else if (!missing.isEmpty()) {
            System.err.println("SKIPPED: " + message);
        }
        assumeTrue(missing.isEmpty(), message);
    }

    // ---- the daemons

    private void start() throws Exception {
        for (String name : List.of("state", "spool.n1", "spool.n2", "munge")) {
            Files.createDirectory(directory.resolve(name));
        }
        Path munge = directory.resolve("munge");
        Files.setPosixFilePermissions(munge, PosixFilePermissions.fromString("rwx------"));
        byte[] key = new byte[64];
        new Random().nextBytes(key);
        Files.write(munge.resolve("key"), key);
        Files.setPosixFilePermissions(munge.resolve("key"), PosixFilePermissions.fromString("rw-------"));
        writeConfiguration();
        launch(
                "munged",
                "/usr/sbin/munged",
                "--foreground",
                "--force",
                "--socket=" + directory.resolve("munge.socket"),
                "--key-file=" + munge.resolve("key"),
                "--pid-file=" + munge.resolve("pid"),
                "--seed-file=" + munge.resolve("seed"),
                "--log-file=" + munge.resolve("log"));
        CollectingViewer.until("munged listens", () -> Files.exists(directory.resolve("munge.socket")));
        startController();
        launch("n1", "/usr/sbin/slurmd", "-D", "-f", configuration().toString(), "-N", "n1");
        launch("n2", "/usr/sbin/slurmd", "-D", "-f", configuration().toString(), "-N", "n2");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!said("sinfo", "-h", "-o", "%t %D").equals("idle 2")) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("slurm does not start: " + logs());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50)); // each try is a process
        }
    }

    private void startController() throws Exception {
        launch("slurmctld", "/usr/sbin/slurmctld", "-D", "-f", configuration().toString());
    }

    /** Ends slurmctld, which saves its state; jobs run on. */
    void stopController() throws Exception {
        Process controller = daemons.remove("slurmctld");
        controller.destroy();
        assertThat(controller.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    /** Starts it again, and waits until it knows its nodes. */
    void restartController() throws Exception {
        startController();
        CollectingViewer.until("slurmctld knows its nodes", () -> {
            try {
                return said("sinfo", "-h", "-o", "%t").matches("(idle|mix|alloc|comp)(\\s+(idle|mix|alloc|comp))*");
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    /** A slurmrestd on a unix socket, started when it is first asked for. */
    synchronized URI rest() throws Exception {
        Path socket = directory.resolve("rest.socket");
        if (!daemons.containsKey("slurmrestd")) {
            launchRest("slurmrestd", "rest_auth/local", "unix:" + socket);
            CollectingViewer.until("slurmrestd listens", () -> isListening(UnixDomainSocketAddress.of(socket)));
        }
        return URI.create("unix:" + socket);
    }

    /** One on a port of the loopback interface, which takes nobody without a token. */
    synchronized URI restOverTcp() throws Exception {
        int port = freePort();
        launchRest("slurmrestd.tcp", "rest_auth/local", "127.0.0.1:" + port);
        CollectingViewer.until(
                "slurmrestd listens", () -> isListening(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
        return URI.create("http://127.0.0.1:" + port);
    }

    private static boolean isListening(SocketAddress address) {
        try (SocketChannel socket = SocketChannel.open(address)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private void launchRest(String name, String authentication, String address) throws IOException {
        launch(
                name,
                "/usr/sbin/slurmrestd",
                "-f",
                configuration().toString(),
                "-a",
                authentication,
                "-s",
                "openapi/v0.0.38",
                address);
    }

    private void launch(String name, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve(name + ".out").toFile()));
        builder.environment().put("SLURM_CONF", configuration().toString());
        builder.environment().put("SLURMRESTD_SECURITY", "disable_user_check");
        daemons.put(name, builder.start());
    }

    private void writeConfiguration() throws Exception {
        String host = said("hostname", "-s");
        String node = " NodeHostname=" + host + " NodeAddr=127.0.0.1 CPUs=500";
        Files.write(
                configuration(),
                List.of(
                        "ClusterName=t",
                        "AuthType=auth/munge",
                        "AuthInfo=socket=" + directory.resolve("munge.socket"),
                        "StateSaveLocation=" + directory.resolve("state"),
                        "SlurmctldPidFile=" + directory.resolve("ctld.pid"),
                        "SlurmctldLogFile=" + directory.resolve("slurmctld.log"),
                        "SlurmdLogFile=" + directory.resolve("slurmd.%n.log"),
                        "SlurmdSpoolDir=" + directory.resolve("spool.%n"),
                        "SlurmdPidFile=" + directory.resolve("d.%n.pid"),
                        "SlurmctldHost=" + host + "(127.0.0.1)",
                        "SlurmctldPort=" + freePort(),
                        "SlurmUser=root",
                        "ProctrackType=proctrack/linuxproc",
                        "TaskPlugin=task/none",
                        "MpiDefault=none",
                        "ReturnToService=2",
                        "SlurmdParameters=config_overrides",
                        "SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,bf_interval=1",
                        "SelectType=select/cons_tres",
                        "SelectTypeParameters=CR_CPU",
                        "MinJobAge=300",
                        "KillWait=2",
                        "Epilog=" + epilog(),
                        "NodeName=n1" + node + " Port=" + freePort(),
                        "NodeName=n2" + node + " Port=" + freePort(),
                        "PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP"));
    }

    /** Waits as long as there is that file, so that a test can have a job that completes for a while. */
    private Path epilog() throws Exception {
        Path file = Files.writeString(
                directory.resolve("epilog"), "#!/bin/sh\nwhile [ -e " + slow() + " ]; do sleep 0.1; done\nexit 0\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    /** While this file is there, jobs complete slowly. */
    Path slow() {
        return directory.resolve("slow");
    }

    /** Not one that the system gives to who connects: while a daemon is away, its port would be taken. */
    private static int freePort() throws IOException {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 32_000);
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (BindException e) {
                continue;
            }
        }
    }

    private String logs() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(one -> one.toString().matches(".*\\.(log|out)"))
                    .toList()) {
                String text = Files.readString(file);
                all.append(file).append(":\n").append(text.substring(Math.max(0, text.length() - 2000)));
            }
        }
        return all.toString();
    }

    Path configuration() {
        return directory.resolve("slurm.conf");
    }

    // ---- what it is told

    SlurmCluster.Builder cluster() {
        return SlurmCluster.builder().configuration(configuration()).pollInterval(Duration.ofMillis(200));
    }

    /** Runs a command of Slurm, and returns what it prints. */
    String said(String... command) throws Exception {
        return saidIn(directory, command);
    }

    String saidIn(Path where, String... command) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(where.toFile()).redirectErrorStream(true);
        builder.environment().put("SLURM_CONF", configuration().toString());
        builder.environment().remove("PYTHONUNBUFFERED");
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(30, TimeUnit.SECONDS) || (process.exitValue() != 0 && !command[0].equals("sinfo"))) {
            throw new IOException(List.of(command) + ": " + said);
        }
        return said.strip();
    }

    /** Submits a script, and returns its number. */
    String submit(Path where, String script, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("sbatch", "--parsable"));
        command.addAll(List.of(options));
        command.addAll(List.of("--wrap", script));
        return saidIn(where, command.toArray(String[]::new));
    }

    void cancelAll() throws Exception {
        said("scancel", "-u", "root");
    }

    void awaitState(String job, String state) {
        CollectingViewer.until("job " + job + " is " + state, () -> {
            try {
                return said("squeue", "-h", "-a", "-t", "all", "-j", job, "-o", "%T")
                        .equals(state);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    @Override
    public void close() {
        List<Process> all = new ArrayList<>(daemons.values());
        for (int i = all.size() - 1; i >= 0; i--) {
            List<ProcessHandle> below = all.get(i).descendants().toList();
            all.get(i).destroyForcibly();
            below.forEach(ProcessHandle::destroyForcibly);
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            System.err.println("left behind: " + directory + ": " + e);
        }
    }
}
