package io.logstream.benchmarks;

import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.SubscribeOptions;
import io.logstream.Subscriber;
import io.logstream.file.FileSource;
import io.logstream.spi.LogSource;
import io.logstream.ssh.SshConnection;
import io.logstream.ssh.SshFileSource;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.commons.io.input.Tailer;
import org.apache.commons.io.input.TailerListenerAdapter;

/**
 * The two JVMs of a live measurement. {@code write FILE WARM SLOW FAST} writes lines with the time in each; {@code PEER FILE
 * WARM SLOW FAST} follows the file, or with {@code stdin} its standard input, and says how long after that time it got
 * them.
 */
final class FileFollow {
    /** Digits of a line's time, in nanoseconds, and behind a blank of its number. */
    private static final int TIME_DIGITS = 19;

    private static final int NUMBER_AT = TIME_DIGITS + 1;
    private static final int NUMBER_DIGITS = 10;

    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(400);
    private static final int CHUNK = 64 * 1024;

    private FileFollow() {}

    /**
     * How many lines there are: to have everything compiled, 10 ms apart, and 100 microseconds apart.
     *
     * @param warm not counted, as fast as the last ones
     */
    record Plan(int warm, int slow, int fast) {
        static final long SLOW_GAP = TimeUnit.MILLISECONDS.toNanos(10);
        static final long FAST_GAP = TimeUnit.MICROSECONDS.toNanos(100);

        /** All of them, with the one that is there before. */
        int lines() {
            return 1 + warm + slow + fast;
        }
    }

    /** Writes or follows. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path file = Path.of(args[1]);
        Plan plan = new Plan(Integer.parseInt(args[2]), Integer.parseInt(args[3]), Integer.parseInt(args[4]));
        if (args[0].equals("write")) {
            write(file, plan);
            System.out.println("written");
            return;
        }
        Arrivals arrivals = new Arrivals(plan);
        follow(args[0], file, arrivals);
        arrivals.report();
        System.exit(0); // whatever threads a peer has left
    }

    private static void follow(String peer, Path file, Arrivals arrivals) throws IOException, InterruptedException {
        switch (peer) {
            case "logstream" -> logstream(FileSource.of(file), arrivals);
            case "logstream-poll" ->
                logstream(FileSource.builder(file).watch(FileSource.Watch.OFF).build(), arrivals);
            case "commons-io" -> commons(file, Duration.ofSeconds(1), arrivals); // the default
            case "commons-io-100ms" -> commons(file, Duration.ofMillis(100), arrivals);
            case "ssh-sftp", "ssh-sftp-program", "ssh-exec", "ssh-exec-program" ->
                ssh(peer.substring("ssh-".length()), file, arrivals);
            case "stdin" -> pipe(System.in, arrivals);
            default -> throw new IllegalArgumentException("no way '" + peer + "' to follow a file");
        }
    }

    // ---- the writer

    /** A line: the time, its number, and what fills it up. */
    static byte[] line(long number, long nanos) {
        byte[] line = new byte[Lines.LENGTH];
        Arrays.fill(line, (byte) 'x');
        digits(line, 0, TIME_DIGITS, nanos);
        line[TIME_DIGITS] = ' ';
        digits(line, NUMBER_AT, NUMBER_DIGITS, number);
        line[NUMBER_AT + NUMBER_DIGITS] = ' ';
        line[Lines.LENGTH - 1] = '\n';
        return line;
    }

    private static void digits(byte[] line, int at, int count, long value) {
        long left = value;
        for (int i = at + count - 1; i >= at; i--) {
            line[i] = (byte) ('0' + left % 10);
            left /= 10;
        }
    }

    private static void write(Path file, Plan plan) throws IOException {
        try (OutputStream out = new FileOutputStream(file.toFile(), true)) {
            int next = 1;
            next = write(out, next, plan.warm, Plan.FAST_GAP);
            next = write(out, next, plan.slow, Plan.SLOW_GAP);
            write(out, next, plan.fast, Plan.FAST_GAP);
        }
    }

    /** Each line with a write of its own; what it is behind with it writes at once. */
    private static int write(OutputStream out, int from, int count, long gap) throws IOException {
        long due = System.nanoTime() + PAUSE;
        for (int number = from; number < from + count; number++) {
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            out.write(line(number, System.nanoTime()));
            due += gap;
        }
        return from + count;
    }

    // ---- the followers

    /** Notes how late each line came. Called by one thread at a time. */
    private static final class Arrivals {
        private final Plan plan;
        private final long[] late;
        private final CountDownLatch all = new CountDownLatch(1);
        private volatile boolean wrong;
        private int next;

        Arrivals(Plan plan) {
            this.plan = plan;
            late = new long[plan.lines()];
        }

        void line(long written, long number, long now) {
            if (number != next || next == late.length) {
                lost();
                return;
            }
            late[next++] = now - written;
            if (next == 1) {
                System.out.println("ready");
            } else if (next == late.length) {
                all.countDown();
            }
        }

        void lost() {
            wrong = true;
            all.countDown();
        }

        boolean isThrough() {
            return all.getCount() == 0;
        }

        void report() throws InterruptedException {
            all.await();
            if (wrong) {
                throw new IllegalStateException("lines missing or out of order after " + next);
            }
            say("slow", 1 + plan.warm, plan.slow);
            say("fast", 1 + plan.warm + plan.slow, plan.fast);
        }

        private void say(String name, int from, int count) {
            long[] sorted = Arrays.copyOfRange(late, from, from + count);
            Arrays.sort(sorted);
            System.out.println(name + " " + sorted[count / 2] + " " + sorted[(int) (count * 99L / 100)]);
        }
    }

    private record Viewer(Arrivals arrivals) implements Subscriber {
        @Override
        public void onLines(LogBatch batch) {
            long now = System.nanoTime();
            for (int i = 0; i < batch.size(); i++) {
                arrivals.line(number(batch, i, 0, TIME_DIGITS), number(batch, i, NUMBER_AT, NUMBER_DIGITS), now);
            }
        }

        private static long number(LogBatch batch, int line, int at, int digits) {
            long value = 0;
            for (int i = at; i < at + digits; i++) {
                value = 10 * value + batch.byteAt(line, i) - '0';
            }
            return value;
        }

        @Override
        public void onGap(Gap gap) {
            arrivals.lost();
        }
    }

    private static void logstream(LogSource source, Arrivals arrivals) throws InterruptedException {
        try (LogHub hub = LogHub.create()) {
            hub.open("file", source)
                    .subscribe(SubscribeOptions.builder().replay(Replay.all()).build(), new Viewer(arrivals));
            arrivals.all.await();
        }
    }

    private static void ssh(String peer, Path file, Arrivals arrivals) throws InterruptedException {
        try (SshConnection connection = SshRead.connection(peer)) {
            logstream(
                    SshFileSource.builder(connection, file.toString())
                            .mode(SshRead.mode(peer))
                            .build(),
                    arrivals);
        }
    }

    private static void commons(Path file, Duration delay, Arrivals arrivals) throws IOException, InterruptedException {
        Tailer tailer = Tailer.builder()
                .setPath(file)
                .setTailerListener(new TailerListenerAdapter() {
                    @Override
                    public void handle(String line) {
                        long now = System.nanoTime();
                        arrivals.line(
                                Long.parseLong(line, 0, TIME_DIGITS, 10),
                                Long.parseLong(line, NUMBER_AT, NUMBER_AT + NUMBER_DIGITS, 10),
                                now);
                    }

                    @Override
                    public void handle(Exception e) {
                        arrivals.lost();
                    }
                })
                .setDelayDuration(delay)
                .setTailFromEnd(false)
                .get(); // and it has a thread
        arrivals.all.await();
        tailer.close();
    }

    private static void pipe(InputStream in, Arrivals arrivals) throws IOException {
        byte[] chunk = new byte[CHUNK];
        int filled = 0;
        while (!arrivals.isThrough()) {
            int got = in.read(chunk, filled, chunk.length - filled);
            long now = System.nanoTime();
            if (got < 0) {
                arrivals.lost();
                return;
            }
            filled += got;
            int at = 0;
            for (; filled - at >= Lines.LENGTH; at += Lines.LENGTH) {
                if (chunk[at + Lines.LENGTH - 1] != '\n') {
                    arrivals.lost();
                    return;
                }
                String line = new String(chunk, at, Lines.LENGTH, StandardCharsets.ISO_8859_1);
                arrivals.line(
                        Long.parseLong(line, 0, TIME_DIGITS, 10),
                        Long.parseLong(line, NUMBER_AT, NUMBER_AT + NUMBER_DIGITS, 10),
                        now);
            }
            System.arraycopy(chunk, at, chunk, 0, filled - at);
            filled -= at;
        }
    }
}
