package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import io.logstream.spi.TimeSource;
import io.logstream.testkit.VirtualTime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many readers of one connection that search at once, in simulated time. */
@Timeout(60)
class SearchesTest {
    private static final String LOG = "/app.log";

    private final VirtualTime time = VirtualTime.startingAt(Instant.parse("2030-01-01T00:00:00Z"));
    private final MemoryHost host = new MemoryHost(time::epochNanos);
    private final SshConnection connection = MemoryHost.connection(host);
    private final List<Following> readers = new ArrayList<>();
    /** What readers want to be done elsewhere, each on a thread of its own. */
    private final Queue<Runnable> tasks = new ArrayDeque<>();

    private final SourceContext context = new SourceContext() {
        @Override
        public void wake() {}

        @Override
        public void wakeWithin(Duration wanted) {}

        @Override
        public TimeSource time() {
            return time;
        }

        @Override
        public Executor blocking() {
            return tasks::add;
        }
    };

    /** A reader, and what it has handed over. */
    private final class Following implements LineSink {
        final StringBuilder text = new StringBuilder();
        final LogReader reader;

        Following() throws Exception {
            reader = SshFileSource.of(connection, LOG).open(Start.beginning(), context);
        }

        void read() throws IOException {
            while (reader.read(this) == Outcome.MORE) {}
        }

        @Override
        public int room() {
            return 1 << 20;
        }

        @Override
        public void bytes(Channel channel, ByteBuffer bytes, long epochNanos) {
            text.append(StandardCharsets.UTF_8.decode(bytes));
        }

        @Override
        public void endLine(Channel channel) {}

        @Override
        public void gap(long lines, Gap.Reason reason) {
            text.append("<gap>");
        }

        @Override
        public void event(SourceEvent event) {}

        @Override
        public void position(@Nullable SourcePosition next) {}
    }

    @AfterEach
    void close() throws IOException {
        for (Following one : readers) {
            one.reader.close();
        }
        connection.close();
    }

    private void read() throws Exception {
        for (Following one : readers) {
            one.read();
        }
        MemoryHost.awaitAnswers(connection.sftp());
    }

    private boolean haveAll(String text) {
        return readers.stream().allMatch(one -> one.text.toString().equals(text));
    }

    private void followRotation() throws Exception {
        host.write(LOG, "one\n");
        for (int i = 0; i < 2 * Searches.MOST + 10; i++) {
            readers.add(new Following());
        }
        while (!haveAll("one\n")) {
            read();
        }
        host.rename(LOG, LOG + ".1");
        host.write(LOG, "and two\n");
        time.advance(Duration.ofSeconds(1));
        read(); // each looks
        read(); // and is to search
        assertThat(tasks).hasSize(Searches.MOST);
    }

    @Test
    void soManySearchesOfAConnection_takeAThread_andOthersWait() throws Exception {
        followRotation();
        while (!haveAll("one\nand two\n")) {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
                assertThat(tasks).hasSizeLessThanOrEqualTo(Searches.MOST);
            }
            time.advance(Duration.ofMillis(100));
            read();
        }
    }

    @Test
    void searchThatWaits_isNotMade_onceItsReaderIsClosed() throws Exception {
        followRotation();
        for (Following one : readers) {
            one.reader.close();
        }
        MemoryHost.awaitAnswers(connection.sftp());
        AtomicInteger asked = new AtomicInteger();
        host.before(type -> asked.incrementAndGet());
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        assertThat(asked).hasValue(0);
        MemoryHost.awaitAnswers(connection.sftp());
        assertThat(host.openHandles()).isZero();
    }
}
