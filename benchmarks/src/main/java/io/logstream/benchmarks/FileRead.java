package io.logstream.benchmarks;

import io.logstream.BackpressurePolicy;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.file.FileSource;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.stream.Stream;
import org.apache.commons.io.input.Tailer;
import org.apache.commons.io.input.TailerListenerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * A JVM that reads a file again and again in one way: {@code PEER FILE LINES PASSES}. It says what processor time its start
 * took, and for each pass the nanoseconds that it took and all processor time until then.
 */
final class FileRead {
    private static final int CHUNK = 256 * 1024;
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long LINE_FEEDS = 0x0a0a0a0a0a0a0a0aL;
    private static final long LOW_BITS = 0x7f7f7f7f7f7f7f7fL;

    private FileRead() {}

    /** One way to read; returns when the last line has come, the nanoseconds that it took. */
    private interface Way {
        long read(Path file, Tally tally) throws IOException, InterruptedException;
    }

    /** Measures. */
    public static void main(String[] args) throws IOException, InterruptedException {
        System.out.println("start " + Cpu.ofThisProcess());
        Way way = way(args[0]);
        Path file = Path.of(args[1]);
        long lines = Long.parseLong(args[2]);
        for (int pass = 0; pass < Integer.parseInt(args[3]); pass++) {
            Tally tally = new Tally(lines, args[0].equals("logstream-text"));
            long nanos = way.read(file, tally);
            tally.check();
            System.out.println("pass " + nanos + " " + Cpu.ofThisProcess());
        }
        System.exit(0); // whatever threads a peer has left
    }

    private static Way way(String peer) {
        return switch (peer) {
            case "logstream", "logstream-text" -> FileRead::logstream;
            case "commons-io" -> FileRead::commons;
            case "readline" -> FileRead::readLine;
            case "files-lines" -> FileRead::filesLines;
            case "read-loop" -> FileRead::readLoop;
            default -> throw new IllegalArgumentException("no way '" + peer + "' to read a file");
        };
    }

    /** Nothing may be lost; all else has its default. */
    private static long logstream(Path file, Tally tally) throws InterruptedException {
        long begun = System.nanoTime();
        try (LogHub hub = LogHub.create()) {
            StreamOptions stream = StreamOptions.builder()
                    .allowBlock(BackpressurePolicy.FOREVER)
                    .build();
            SubscribeOptions viewer = SubscribeOptions.builder()
                    .replay(Replay.all())
                    .policy(BackpressurePolicy.block())
                    .build();
            hub.open("file", FileSource.of(file), stream).subscribe(viewer, tally);
            tally.await();
            return System.nanoTime() - begun;
        }
    }

    private static long commons(Path file, Tally tally) throws IOException {
        long begun = System.nanoTime();
        CommonsListener listener = new CommonsListener(tally, begun);
        Tailer tailer = Tailer.builder()
                .setPath(file)
                .setTailerListener(listener)
                .setDelayDuration(Duration.ofMillis(100))
                .setTailFromEnd(false)
                .setStartThread(false)
                .get();
        tailer.run(); // the listener ends it
        return listener.nanos;
    }

    private static final class CommonsListener extends TailerListenerAdapter {
        private final Tally tally;
        private final long begun;
        private @Nullable Tailer tailer;
        private long nanos;

        CommonsListener(Tally tally, long begun) {
            this.tally = tally;
            this.begun = begun;
        }

        @Override
        public void init(Tailer tailer) {
            this.tailer = tailer;
        }

        @Override
        public void handle(String line) {
            tally.line(line);
            if (tally.isThrough() && tailer != null) {
                nanos = System.nanoTime() - begun;
                tailer.close();
            }
        }

        @Override
        public void handle(Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static long readLine(Path file, Tally tally) throws IOException {
        long begun = System.nanoTime();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                tally.line(line);
            }
        }
        return System.nanoTime() - begun;
    }

    private static long filesLines(Path file, Tally tally) throws IOException {
        long begun = System.nanoTime();
        try (Stream<String> lines = Files.lines(file)) {
            for (Iterator<String> next = lines.iterator(); next.hasNext(); ) {
                tally.line(next.next());
            }
        }
        return System.nanoTime() - begun;
    }

    /** The floor: reads, and looks for line feeds eight bytes at a time. */
    private static long readLoop(Path file, Tally tally) throws IOException {
        long begun = System.nanoTime();
        try (InputStream in = new FileInputStream(file.toFile())) {
            byte[] chunk = new byte[CHUNK];
            for (int got = in.read(chunk); got >= 0; got = in.read(chunk)) {
                int lines = lineFeeds(chunk, got);
                tally.counted(lines, got - lines);
            }
        }
        return System.nanoTime() - begun;
    }

    /** How many line feeds there are in the first bytes of an array. */
    static int lineFeeds(byte[] bytes, int length) {
        int found = 0;
        int at = 0;
        for (; at <= length - Long.BYTES; at += Long.BYTES) {
            long other = (long) LONGS.get(bytes, at) ^ LINE_FEEDS;
            found += Long.bitCount(~(((other & LOW_BITS) + LOW_BITS) | other | LOW_BITS));
        }
        for (; at < length; at++) {
            found += bytes[at] == '\n' ? 1 : 0;
        }
        return found;
    }
}
