package io.logstream.benchmarks;

import io.logstream.Broadcaster;
import io.logstream.LogBatch;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import io.logstream.SubscribeOptions;
import io.logstream.Subscriber;
import io.logstream.file.FileSource;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.commons.io.input.Tailer;
import org.apache.commons.io.input.TailerListenerAdapter;

/**
 * A JVM that follows many files in which nothing happens: {@code PEER DIRECTORY FILES}. It says what heap each of them
 * takes when all are followed, and when each has got a line.
 */
final class FileWait {
    /** Until all have come to rest. */
    private static final long SETTLE_MILLIS = 2000;

    private FileWait() {}

    /** Follows. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path directory = Path.of(args[1]);
        int files = Integer.parseInt(args[2]);
        CountDownLatch caughtUp = new CountDownLatch(files);
        CountDownLatch lines = new CountDownLatch(files);
        switch (args[0]) {
            case "logstream" -> logstream(directory, files, caughtUp, lines);
            case "commons-io-100ms" -> commons(directory, files, lines);
            case "jvm" -> {
                System.out.println("ready 0 0");
                Thread.currentThread().join(); // until it is ended
            }
            default -> throw new IllegalArgumentException("no way '" + args[0] + "' to follow files");
        }
        lines.await();
        System.out.println("all");
        System.exit(0); // whatever threads a peer has left
    }

    /** One of the files. */
    static Path file(Path directory, int number) {
        return directory.resolve("app-" + number + ".log");
    }

    private record Viewer(CountDownLatch caughtUp, CountDownLatch lines) implements Subscriber {
        @Override
        public void onLines(LogBatch batch) {
            lines.countDown();
        }

        @Override
        public void onEvent(SourceEvent event) {
            if (event.kind() == SourceEvent.Kind.CAUGHT_UP) {
                caughtUp.countDown();
            }
        }
    }

    /**
     * A stream for each file, and then a viewer for each stream; all options are the defaults. A stream's heap is all that
     * comes with it, its id and path too; a viewer's what comes with that.
     */
    private static void logstream(Path directory, int files, CountDownLatch caughtUp, CountDownLatch lines)
            throws InterruptedException {
        CountDownLatch first = new CountDownLatch(1); // what Java loads on first use belongs to no stream
        LogHub hub = LogHub.create();
        hub.open("first", FileSource.of(directory.resolve("first.log")))
                .subscribe(
                        SubscribeOptions.builder().replay(Replay.all()).build(),
                        new Viewer(first, new CountDownLatch(1)));
        first.await();
        live(); // and what is needed to ask for it belongs to none either
        long before = live();
        List<Broadcaster> streams = new ArrayList<>(files);
        for (int i = 0; i < files; i++) {
            Broadcaster stream = hub.open("file " + i, FileSource.of(file(directory, i)));
            stream.start();
            streams.add(stream);
        }
        for (Broadcaster stream : streams) {
            while (stream.stats().state() != Broadcaster.State.LIVE) {
                Thread.sleep(1);
            }
        }
        Thread.sleep(SETTLE_MILLIS);
        long followed = live();
        streams.forEach(stream -> stream.subscribe(SubscribeOptions.defaults(), new Viewer(caughtUp, lines)));
        caughtUp.await();
        Thread.sleep(SETTLE_MILLIS);
        System.out.println("ready " + (followed - before) / files + " " + (live() - followed) / files);
    }

    /**
     * Bytes that full collections have left: without what threads have taken since to allocate from, which is some megabytes
     * or none.
     */
    private static long live() {
        System.gc();
        System.gc();
        long bytes = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            MemoryUsage left = pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage() : null;
            bytes += left == null ? 0 : left.getUsed();
        }
        return bytes;
    }

    private static void commons(Path directory, int files, CountDownLatch lines) throws IOException {
        for (int i = 0; i < files; i++) {
            var unused = Tailer.builder()
                    .setPath(file(directory, i))
                    .setTailerListener(new TailerListenerAdapter() {
                        @Override
                        public void handle(String line) {
                            lines.countDown();
                        }
                    })
                    .setDelayDuration(Duration.ofMillis(100))
                    .get(); // and it has a thread
        }
        System.out.println("ready 0 0");
    }
}
