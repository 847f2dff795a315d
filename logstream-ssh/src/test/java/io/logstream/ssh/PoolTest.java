package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.BackpressurePolicy;
import io.logstream.LogHub;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections that many files share, with the real SFTP server over pipes. */
@Timeout(120)
class PoolTest {
    @TempDir
    private Path directory;

    private final SftpServerDialer dialer = new SftpServerDialer();
    private final LogHub hub =
            LogHub.builder().memoryBytes(256 << 20).maxStreams(3000).build();
    private final List<SshConnection> connections = new ArrayList<>();

    @AfterEach
    void end() {
        hub.close();
        connections.forEach(SshConnection::close);
        dialer.breakConnections();
    }

    private SshConnection connection(SshConnection.Builder how) {
        SshConnection made = new SshConnection("here", dialer, how, SshConnection::startThread);
        connections.add(made);
        return made;
    }

    private static SshConnection.Builder how() {
        return SshConnection.builder("here");
    }

    private CollectingViewer follow(SshConnection connection, Path file) {
        return follow(connection, file, new CollectingViewer());
    }

    private CollectingViewer follow(SshConnection connection, Path file, CollectingViewer viewer) {
        StreamOptions options =
                StreamOptions.builder().allowBlock(BackpressurePolicy.FOREVER).build();
        SubscribeOptions how = SubscribeOptions.builder()
                .replay(Replay.all())
                .policy(BackpressurePolicy.block())
                .build();
        hub.open(file.toString(), SshFileSource.of(connection, file.toString()), options)
                .subscribe(how, viewer);
        return viewer;
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void viewersAndFiles_shareOneConnection() throws Exception {
        SshConnection connection = connection(how());
        Path first = write("first", "one\n");
        CollectingViewer a = follow(connection, first);
        CollectingViewer b = follow(connection, first);
        CollectingViewer c = follow(connection, write("second", "two\n"));
        a.awaitLine("one");
        b.awaitLine("one");
        c.awaitLine("two");
        assertThat(connection.size()).isOne();
        assertThat(dialer.running()).hasSize(1);
    }

    @Test
    void filesAreSpread_overAsManyConnectionsAsAllowed() throws Exception {
        SshConnection connection = connection(how().maxConnections(3));
        for (int i = 0; i < 7; i++) {
            follow(connection, write("file-" + i, "line\n")).awaitLine("line");
            assertThat(dialer.running()).hasSize(Math.min(3, i + 1));
        }
    }

    @Test
    void connectionIsClosed_whenNoFileUsesIt() throws Exception {
        SshConnection connection = connection(how().maxIdle(Duration.ofMillis(50)));
        Sftp first = connection.sftp();
        Sftp second = connection.sftp();
        assertThat(second).isSameAs(first);
        connection.release(first);
        connection.release(second);
        CollectingViewer.until("the connection is closed", () -> connection.size() == 0);
        CollectingViewer.until("its server is gone", () -> dialer.running().isEmpty());
        assertThat(connection.sftp().isOpen()).isTrue();
    }

    @Test
    void connectionStays_asLongAsAFileUsesIt() throws Exception {
        SshConnection connection = connection(how().maxIdle(Duration.ZERO));
        Sftp kept = connection.sftp();
        for (int i = 0; i < 20; i++) {
            connection.release(connection.sftp());
        }
        Path file = write("log", "one\n");
        follow(connection, file).awaitLine("one");
        assertThat(kept.isOpen()).isTrue();
        assertThat(connection.size()).isOne();
    }

    @Test
    void filesLeaveTheirConnection_whenTheyAreClosed() throws Exception {
        SshConnection connection = connection(how().maxIdle(Duration.ofMillis(20)));
        follow(connection, write("log", "one\n")).awaitLine("one");
        assertThat(connection.size()).isOne();
        hub.close();
        CollectingViewer.until("the connection is closed", () -> connection.size() == 0);
    }

    @Test
    void refusedHost_isNotAskedAgain() {
        AtomicInteger asked = new AtomicInteger();
        SshConnection connection = new SshConnection(
                "here",
                () -> {
                    asked.incrementAndGet();
                    throw new LogStreamException("never");
                },
                how(),
                SshConnection::startThread);
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(connection::sftp)
                    .isInstanceOf(LogStreamException.class)
                    .hasMessage("here: never");
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void loginThatFails_isTriedOnce_howeverManyFilesWantItAtOnce() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        SshConnection connection = new SshConnection(
                "here",
                () -> {
                    asked.incrementAndGet();
                    go.await();
                    throw new LogStreamException("never");
                },
                how().maxConnections(8),
                SshConnection::startThread);
        List<Thread> files = new ArrayList<>();
        AtomicInteger failed = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            Thread file = new Thread(() -> {
                try {
                    connection.sftp();
                } catch (LogStreamException e) {
                    failed.incrementAndGet();
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            files.add(file);
            file.start();
        }
        CollectingViewer.until(
                "all wait", () -> files.stream().allMatch(file -> file.getState() == Thread.State.WAITING));
        go.countDown();
        for (Thread file : files) {
            file.join();
        }
        assertThat(asked).hasValue(1);
        assertThat(failed).hasValue(20);
    }

    @Test
    void filesAreSpread_whenTheyComeAtOnce() throws Exception {
        SshConnection connection = connection(how().maxConnections(3));
        List<CollectingViewer> viewers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            viewers.add(follow(connection, write("file-" + i, "line\n")));
        }
        for (CollectingViewer viewer : viewers) {
            viewer.awaitLine("line");
        }
        assertThat(dialer.running()).hasSize(3);
    }

    @Test
    void closing_interruptsWhoConnects() throws Exception {
        CountDownLatch dialing = new CountDownLatch(1);
        SshConnection connection = new SshConnection(
                "here",
                () -> {
                    dialing.countDown();
                    new CountDownLatch(1).await();
                    throw new IOException("never reached");
                },
                how(),
                SshConnection::startThread);
        Thread closing = new Thread(() -> {
            try {
                dialing.await();
            } catch (InterruptedException e) {
                return;
            }
            connection.close();
        });
        closing.start();
        assertThatThrownBy(connection::sftp).isInstanceOf(IOException.class);
        closing.join();
        assertThatThrownBy(connection::sftp).hasMessageContaining("was closed");
    }

    @Test
    void otherFilesGoOn_whenTheViewerOfOneIsStuck() throws Exception {
        SshConnection connection = connection(how());
        Path big = directory.resolve("big");
        Files.write(big, "a line that nobody takes\n".repeat(2_000_000).getBytes(StandardCharsets.US_ASCII));
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CollectingViewer viewer = new CollectingViewer().bytesOnly().before(() -> {
            stuck.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        follow(connection, big, viewer);
        stuck.await();
        Path quick = write("quick", "");
        CollectingViewer other = follow(connection, quick);
        long slowest = 0;
        for (int i = 0; i < 50; i++) {
            long written = System.nanoTime();
            write("quick", "line " + i + "\n");
            other.awaitLine("line " + i);
            slowest = Math.max(slowest, System.nanoTime() - written);
        }
        assertThat(Duration.ofNanos(slowest)).isLessThan(Duration.ofSeconds(5));
        assertThat(dialer.running()).hasSize(1);
        go.countDown();
        viewer.await("all bytes", () -> viewer.size() >= big.toFile().length());
    }

    private List<CollectingViewer> followMany(int count) throws IOException {
        SshConnection connection = connection(how());
        List<CollectingViewer> viewers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            viewers.add(follow(connection, write("file-" + i, "first of " + i + "\n")));
        }
        for (int i = 0; i < count; i++) {
            viewers.get(i).awaitLine("first of " + i);
        }
        return viewers;
    }

    /** Takes half a minute: each file is looked at five times a second. */
    @Test
    @Tag("stress")
    void twoThousandFiles_shareOneConnection() throws Exception {
        int count = 2000;
        List<CollectingViewer> viewers = followMany(count);
        for (int i = 0; i < count; i += 97) {
            write("file-" + i, "second of " + i + "\n");
        }
        for (int i = 0; i < count; i += 97) {
            viewers.get(i).awaitLine("second of " + i);
            assertThat(viewers.get(i).gaps()).isEmpty();
        }
        assertThat(dialer.running()).hasSize(1);
    }

    @Test
    @Tag("stress")
    void twoThousandFiles_areFollowed_whenAllAreRotatedAtOnce() throws Exception {
        int count = 2000;
        List<CollectingViewer> viewers = followMany(count);
        for (int i = 0; i < count; i++) {
            Files.move(directory.resolve("file-" + i), directory.resolve("file-" + i + ".1"));
            write("file-" + i, "another first of " + i + "\n");
        }
        int most = 0;
        for (int i = 0; i < count; i++) {
            CollectingViewer viewer = viewers.get(i);
            most = Math.max(most, searching());
            viewer.awaitLine("another first of " + i);
            assertThat(viewer.lines()).containsExactly("first of " + i, "another first of " + i);
            assertThat(viewer.gaps()).isEmpty();
        }
        assertThat(most).isBetween(1, 2 * Searches.MOST); // some have just ended, and rest
    }

    private static int searching() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("logstream-blocking"))
                .count();
    }
}
