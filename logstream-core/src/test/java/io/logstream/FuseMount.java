package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A directory that is seen through a file system which another program makes: a stand-in for remote ones. It tells no changes
 * that are made behind it, keeps attributes for a while, and hangs when its program is stopped.
 */
public final class FuseMount {
    private static final String SFTP_SERVER = "/usr/lib/openssh/sftp-server";

    /** Unmounts when its input ends, however this process ends. */
    private static final String SCRIPT = """
            if [ "$3" = sshfs ]; then
              mkfifo "$2.pipe"
              { exec %s <"$2.pipe"; } 3>&- | { rm "$2.pipe"; exec sshfs -f -o passive,$4 ":$1" "$2"; } >"$2.pipe" &
            else
              bindfs -f -o $4 "$1" "$2" &
            fi
            pid=$!
            echo $pid
            read -r line
            kill -CONT $pid
            fusermount -uz "$2" || fusermount3 -uz "$2" || umount -l "$2"
            kill $pid; wait $pid
            """.formatted(SFTP_SERVER);

    private final Path mounted;
    private final Process shell;
    private final String pid;

    private FuseMount(String program, Path behind, Path mounted, String options) throws Exception {
        this.mounted = mounted.toRealPath();
        this.shell = new ProcessBuilder(
                        "sh", "-c", SCRIPT, "sh", behind.toString(), this.mounted.toString(), program, options)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        this.pid = shell.inputReader(StandardCharsets.UTF_8).readLine();
        try {
            eventually(this.mounted + " is mounted", () -> isMounted() || !shell.isAlive());
            assertThat(isMounted()).as("%s is mounted", this.mounted).isTrue();
        } catch (Throwable e) {
            shell.getOutputStream().close();
            throw e;
        }
    }

    /**
     * Shows one directory at another, with bindfs.
     *
     * @param options of the mount, after {@code -o}
     */
    public static FuseMount bindfs(Path behind, Path mounted, String options) throws Exception {
        require("bindfs", "/dev/fuse");
        return new FuseMount("bindfs", behind, mounted, options);
    }

    /** The same with sshfs, which talks to an SFTP server without a network between them. */
    public static FuseMount sshfs(Path behind, Path mounted, String options) throws Exception {
        require("sshfs", "/dev/fuse", SFTP_SERVER);
        return new FuseMount("sshfs", behind, mounted, options);
    }

    /** Skips the test if one of these is not there, except with CI=true. */
    private static void require(String... needed) {
        List<String> missing =
                Arrays.stream(needed).filter(one -> !isThere(one)).toList();
        if (!missing.isEmpty() && !"true".equals(System.getenv("CI"))) {
            System.err.println("SKIPPED: a test with a real mount needs " + missing);
            assumeTrue(false, "needs " + missing);
        }
        assertThat(missing).isEmpty();
    }

    private static boolean isThere(String one) {
        return one.startsWith("/")
                ? Files.exists(Path.of(one))
                : Arrays.stream(System.getenv("PATH").split(":", -1))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, one)));
    }

    private boolean isMounted() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
                .anyMatch(line -> List.of(line.split(" ", -1)).contains(mounted.toString()));
    }

    /** From now on whatever is asked of it waits, until {@link #proceed}. */
    public void hang() throws Exception {
        signal("STOP");
    }

    /** Answers what waits. */
    public void proceed() throws Exception {
        signal("CONT");
    }

    private void signal(String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, pid).start().waitFor())
                .isZero();
    }

    /** Unmounts it, whatever is still open in it. */
    public void unmount() throws Exception {
        shell.getOutputStream().close();
        assertThat(shell.waitFor(20, TimeUnit.SECONDS)).as("unmounted").isTrue();
        assertThat(isMounted()).isFalse();
    }
}
