package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.Broadcaster;
import io.logstream.EndReason;
import io.logstream.LogBatch;
import io.logstream.LogEntry;
import io.logstream.LogFeed;
import io.logstream.LogHub;
import io.logstream.LogLine;
import io.logstream.SourceEvent;
import io.logstream.Subscriber;
import io.logstream.Subscription;
import io.logstream.file.FileSource;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows does what it says. */
class SnippetsTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    /** A subscriber that collects lines and waits for them. */
    private static final class Lines implements Subscriber {
        private final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
        private final CompletableFuture<EndReason> end = new CompletableFuture<>();

        @Override
        public void onLines(LogBatch lines) {
            lines.forEach(line -> texts.add(line.text()));
        }

        @Override
        public void onEnd(EndReason reason) {
            end.complete(reason);
        }

        List<String> take(int lines) throws InterruptedException {
            List<String> taken = new ArrayList<>();
            while (taken.size() < lines) {
                String text = texts.poll(LONG.toSeconds(), TimeUnit.SECONDS);
                assertThat(text).as("after " + taken).isNotNull();
                taken.add(text);
            }
            return taken;
        }
    }

    @Test
    void twoViewers_fileThatGrows_showsEachItsLines() throws Exception {
        Path log = Files.writeString(folder.resolve("app.log"), "INFO started\nERROR disk is full\n");
        BlockingQueue<String> printed = new LinkedBlockingQueue<>();
        PrintStream before = System.out;
        System.setOut(new PrintStream(new LineQueue(printed), true, StandardCharsets.UTF_8));
        Thread program = new Thread(() -> {
            try {
                Snippets.twoViewers(log.toString());
            } catch (InterruptedException e) {
                printed.add("interrupted");
            }
        });
        try {
            program.start();
            List<String> first = take(printed, 3);
            Files.writeString(log, "INFO going on\n", StandardOpenOption.APPEND);
            List<String> second = take(printed, 1);
            program.interrupt();
            assertThat(first)
                    .containsExactlyInAnyOrder(
                            "all    | INFO started", "all    | ERROR disk is full", "errors | ERROR disk is full");
            assertThat(second).containsExactly("all    | INFO going on");
            assertThat(take(printed, 1)).containsExactly("interrupted");
        } finally {
            program.interrupt();
            program.join();
            System.setOut(before);
        }
    }

    @Test
    void push_pageWithEverything_showsLinesEventsAndTheEnd() throws Exception {
        try (LogHub hub = LogHub.create()) {
            LogFeed feed = hub.feed("app");
            feed.line("INFO checkout 1");
            feed.line("WARN slow");
            Subscriber page = new Snippets.Page();
            Subscription subscription = Snippets.push(feed.broadcaster(), page);
            feed.close();
            assertThat(subscription.awaitEnd(LONG)).isTrue();
            assertThat(page.toString())
                    .contains("  INFO checkout 1\n", "  WARN slow\n")
                    .endsWith("-- end: COMPLETED --\n");
        }
    }

    @Test
    void pull_streamThatEnds_givesEachEntryOnce() throws Exception {
        try (LogHub hub = LogHub.create()) {
            LogFeed feed = hub.feed("app");
            feed.line("one");
            feed.line("two");
            feed.close();
            List<LogEntry> entries = new ArrayList<>();
            Snippets.pull(feed.broadcaster(), entries::add);
            assertThat(entries).hasSize(2).allMatch(LogLine.class::isInstance);
        }
    }

    @Test
    void flow_reactiveSubscriber_getsLinesAndCompletes() throws Exception {
        List<String> got = new ArrayList<>();
        CountDownLatch complete = new CountDownLatch(1);
        try (LogHub hub = LogHub.create()) {
            LogFeed feed = hub.feed("app");
            feed.line("one");
            feed.close();
            Snippets.flow(feed.broadcaster(), new Flow.Subscriber<>() {
                @Override
                public void onSubscribe(Flow.Subscription subscription) {
                    subscription.request(Long.MAX_VALUE);
                }

                @Override
                public void onNext(LogEntry entry) {
                    got.add(((LogLine) entry).text());
                }

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onComplete() {
                    complete.countDown();
                }
            });
            assertThat(complete.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
        assertThat(got).containsExactly("one");
    }

    @Test
    void feed_linesAndAnEvent_comeInOrder() throws Exception {
        List<String> got = new ArrayList<>();
        CountDownLatch ended = new CountDownLatch(1);
        try (LogHub hub = LogHub.create()) {
            Snippets.feed(hub, new Subscriber() {
                @Override
                public void onLines(LogBatch lines) {
                    lines.forEach(line -> got.add(line.channel() + " " + line.text()));
                }

                @Override
                public void onEvent(SourceEvent event) {
                    if (event.kind() == SourceEvent.Kind.FINISHED) {
                        got.add("exit code " + event.exitCode().orElseThrow());
                    }
                }

                @Override
                public void onEnd(EndReason reason) {
                    got.add(reason.toString());
                    ended.countDown();
                }
            });
            assertThat(ended.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
        assertThat(got)
                .containsExactly("STDOUT compiling", "STDERR warning: nothing to compile", "exit code 0", "COMPLETED");
    }

    @Test
    void merged_twoFiles_areOneSubscription() {
        try (LogHub hub = LogHub.create()) {
            Subscription subscription = Snippets.merged(hub, new Lines());
            assertThat(subscription.tokens()).containsOnlyKeys("web", "worker");
        }
    }

    @Test
    void resume_afterARestart_goesOnAtTheExactLine() throws Exception {
        Path log = Files.writeString(folder.resolve("app.log"), "one\ntwo\n");
        Path saved = folder.resolve("place");
        Lines lines = new Lines();
        try (LogHub hub = LogHub.create()) {
            Broadcaster app = hub.open("app", FileSource.of(log));
            Subscription subscription = Snippets.resume(app, saved, lines);
            assertThat(lines.take(2)).containsExactly("one", "two");
            subscription.close();
            Snippets.save(subscription, app, saved);
        }
        Files.writeString(log, "three\n", StandardOpenOption.APPEND);
        try (LogHub hub = LogHub.create()) {
            Lines after = new Lines();
            Snippets.resume(hub.open("app", FileSource.of(log)), saved, after);
            assertThat(after.take(1)).containsExactly("three");
        }
    }

    @Test
    void archive_streamThatAllowsIt_mayBlock() throws Exception {
        Path log = Files.writeString(folder.resolve("app.log"), "one\n");
        Lines lines = new Lines();
        try (LogHub hub = LogHub.create()) {
            Snippets.archive(hub, FileSource.builder(log).follow(false).build(), lines);
            assertThat(lines.end.get(LONG.toSeconds(), TimeUnit.SECONDS).kind()).isEqualTo(EndReason.Kind.COMPLETED);
        }
        assertThat(lines.texts).containsExactly("one");
    }

    private static List<String> take(BlockingQueue<String> from, int lines) throws InterruptedException {
        List<String> taken = new ArrayList<>();
        while (taken.size() < lines) {
            String line = from.poll(LONG.toSeconds(), TimeUnit.SECONDS);
            assertThat(line).as("after " + taken).isNotNull();
            taken.add(line);
        }
        return taken;
    }

    /** Cuts what is printed into lines. */
    private static final class LineQueue extends OutputStream {
        private final BlockingQueue<String> lines;
        private final StringBuilder open = new StringBuilder();

        LineQueue(BlockingQueue<String> lines) {
            this.lines = lines;
        }

        @Override
        public synchronized void write(int b) {
            if (b == '\n') {
                lines.add(open.toString());
                open.setLength(0);
            } else {
                open.append((char) b);
            }
        }
    }
}
