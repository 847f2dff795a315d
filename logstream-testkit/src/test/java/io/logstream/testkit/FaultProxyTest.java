package io.logstream.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.testkit.FaultProxy.Direction;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class FaultProxyTest {
    @TempDir
    private Path directory;

    private ServerSocketChannel server;
    private FaultProxy proxy;

    @BeforeEach
    void listen() throws IOException {
        server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        proxy = FaultProxy.tcp(server.getLocalAddress());
    }

    @AfterEach
    void close() throws IOException {
        proxy.close();
        server.close();
    }

    /** Both ends of one connection through the proxy. */
    private final class Pair implements AutoCloseable {
        final SocketChannel client;
        final SocketChannel peer;

        Pair(SocketAddress address) throws IOException {
            client = SocketChannel.open(address);
            peer = server.accept();
        }

        Pair() throws IOException {
            this(proxy.address());
        }

        @Override
        public void close() throws IOException {
            client.close();
            peer.close();
        }
    }

    private static void write(SocketChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static String read(SocketChannel channel, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("after " + buffer.position() + " bytes");
            }
        }
        return new String(buffer.array(), StandardCharsets.ISO_8859_1);
    }

    private static FutureTask<String> reading(SocketChannel channel, int length) {
        return started(() -> read(channel, length));
    }

    private static FutureTask<String> started(Callable<String> action) {
        FutureTask<String> task = new FutureTask<>(action);
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    @Test
    void bytesPassUnchanged_withoutFault() throws IOException {
        try (Pair pair = new Pair()) {
            write(pair.client, "question");
            assertThat(read(pair.peer, 8)).isEqualTo("question");
            write(pair.peer, "answer!");
            assertThat(read(pair.client, 7)).isEqualTo("answer!");
            assertThat(proxy.bytes(Direction.TO_SERVER)).isEqualTo(8);
            pair.peer.shutdownOutput();
            assertThatThrownBy(() -> read(pair.client, 1)).isInstanceOf(EOFException.class);
        }
        assertThat(proxy.accepted()).isEqualTo(1);
    }

    @Test
    void connectionEndsInOrder_afterCut() throws IOException {
        proxy.fault(Direction.TO_CLIENT, Fault.cutAfter(5));
        try (Pair pair = new Pair()) {
            write(pair.peer, "0123456789");
            assertThat(read(pair.client, 5)).isEqualTo("01234");
            assertThatThrownBy(() -> read(pair.client, 1)).isInstanceOf(EOFException.class);
            assertThatThrownBy(() -> read(pair.peer, 1)).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void connectionIsReset_afterReset() throws IOException {
        try (Pair pair = new Pair()) {
            write(pair.peer, "0123456789");
            assertThat(read(pair.client, 10)).isEqualTo("0123456789");
            proxy.fault(Direction.TO_CLIENT, Fault.resetAfter(10));
            write(pair.peer, "more");
            assertThatThrownBy(() -> read(pair.client, 1))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(EOFException.class);
        }
    }

    @Test
    void nothingPasses_whileStalled() throws Exception {
        proxy.fault(Direction.TO_CLIENT, Fault.stallAfter(3));
        try (Pair pair = new Pair()) {
            write(pair.peer, "abcdef");
            assertThat(read(pair.client, 3)).isEqualTo("abc");
            FutureTask<String> rest = reading(pair.client, 3);
            assertThatThrownBy(() -> rest.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            write(pair.client, "other way");
            assertThat(read(pair.peer, 9)).isEqualTo("other way");
            proxy.heal();
            assertThat(rest.get(10, TimeUnit.SECONDS)).isEqualTo("def");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void endDoesNotPass_whileStalled(boolean reset) throws Exception {
        proxy.fault(Direction.TO_CLIENT, Fault.stallAfter(0));
        try (Pair pair = new Pair()) {
            if (reset) {
                pair.peer.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
            pair.peer.close();
            FutureTask<String> rest = reading(pair.client, 1);
            assertThatThrownBy(() -> rest.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            proxy.heal();
            assertThatThrownBy(() -> rest.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void bytesComeInPieces_whileTrickling() throws IOException {
        proxy.fault(Direction.TO_CLIENT, Fault.trickle(1, Duration.ofMillis(2)));
        try (Pair pair = new Pair()) {
            long start = System.nanoTime();
            write(pair.peer, "0123456789");
            assertThat(read(pair.client, 10)).isEqualTo("0123456789");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(15));
        }
    }

    @Test
    void oneByteDiffers_afterGarble() throws IOException {
        proxy.fault(Direction.TO_SERVER, Fault.garbleAt(4));
        try (Pair pair = new Pair()) {
            write(pair.client, "0123");
            write(pair.client, "0000");
            assertThat(read(pair.peer, 8)).isEqualTo("0123" + (char) (~'0' & 0xFF) + "000");
        }
    }

    @Test
    void openConnectionsEnd_cutOrResetByHand() throws IOException {
        try (Pair one = new Pair()) {
            write(one.client, "x");
            assertThat(read(one.peer, 1)).isEqualTo("x");
            proxy.cutAll();
            assertThatThrownBy(() -> read(one.client, 1)).isInstanceOf(EOFException.class);
            assertThatThrownBy(() -> read(one.peer, 1)).isInstanceOf(EOFException.class);
        }
        try (Pair two = new Pair()) {
            write(two.client, "x");
            assertThat(read(two.peer, 1)).isEqualTo("x");
            proxy.resetAll();
            assertThatThrownBy(() -> read(two.client, 1)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void cutIsOrderly_whileBothEndsWrite() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (Pair pair = new Pair()) {
                flood(pair.client);
                flood(pair.peer);
                FutureTask<String> client = readingAll(pair.client);
                FutureTask<String> peer = readingAll(pair.peer);
                long before = proxy.bytes(Direction.TO_CLIENT);
                while (proxy.bytes(Direction.TO_CLIENT) < before + 100_000) {
                    Thread.onSpinWait();
                }
                proxy.cutAll();
                assertThat(client.get(10, TimeUnit.SECONDS)).isEqualTo("an orderly end");
                assertThat(peer.get(10, TimeUnit.SECONDS)).isEqualTo("an orderly end");
            }
        }
    }

    private static FutureTask<String> readingAll(SocketChannel channel) {
        return started(() -> {
            ByteBuffer buffer = ByteBuffer.allocate(4096);
            while (channel.read(buffer.clear()) >= 0) {
                // on to the end
            }
            return "an orderly end";
        });
    }

    /** Writes until it is closed. */
    private static void flood(SocketChannel channel) {
        started(() -> {
            while (true) {
                channel.write(ByteBuffer.allocate(4096));
            }
        });
    }

    @Test
    void unixSocketsWork_onBothSides() throws IOException {
        server.close();
        UnixDomainSocketAddress target = UnixDomainSocketAddress.of(directory.resolve("server"));
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(target);
        Path path = directory.resolve("proxy");
        try (FaultProxy unix = FaultProxy.unix(path, target);
                Pair pair = new Pair(unix.address())) {
            write(pair.peer, "abc");
            assertThat(read(pair.client, 3)).isEqualTo("abc");
            unix.resetAll();
            assertThatThrownBy(() -> read(pair.client, 1)).isInstanceOf(IOException.class);
        }
        assertThat(Files.exists(path)).isFalse();
    }

    @Test
    void clientIsRefused_whenServerIsGone() throws IOException {
        server.close();
        try (SocketChannel client = SocketChannel.open(proxy.address())) {
            assertThatThrownBy(() -> read(client, 1)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void threadsEnd_afterClose() throws Exception {
        try (Pair stalled = new Pair()) {
            proxy.fault(Direction.TO_CLIENT, Fault.stallAfter(0));
            write(stalled.peer, "held");
            proxy.close();
            proxy.close();
            assertThatThrownBy(() -> read(stalled.client, 1)).isInstanceOf(IOException.class);
        }
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("tck-proxy-")) {
                thread.join(10_000);
                assertThat(thread.isAlive()).as(thread.getName()).isFalse();
            }
        }
        assertThat(proxy.open()).isZero();
    }
}
