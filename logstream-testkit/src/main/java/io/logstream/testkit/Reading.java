package io.logstream.testkit;

import io.logstream.spi.LogReader;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.LogSource;
import io.logstream.spi.Start;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** One reader of the source under test, driven as a hub would drive it. What was handed over is in {@link #sink}. */
final class Reading implements Closeable {
    static final int ROOM = 64 << 10;
    private static final int EMPTY_READS = 1000;

    final RecordingSink sink;
    private final LogSource source;
    private final TurnThreads threads;
    private final Duration patience;
    private final Start first;
    private TckContext context = new TckContext();
    private LogReader reader;
    private int room = ROOM;
    private int reads;
    private Outcome last = Outcome.MORE;

    Reading(LogSource source, Start start, RecordingSink sink, TurnThreads threads, Duration patience)
            throws Exception {
        this.source = source;
        this.sink = sink;
        this.threads = threads;
        this.patience = patience;
        this.first = start;
        this.reader = open(start);
    }

    private LogReader open(Start start) throws Exception {
        return threads.call("open at " + start, () -> source.open(start, context));
    }

    /** Reads with less or more room from now on. */
    Reading room(int bytes) {
        room = bytes;
        return this;
    }

    /** How many reads there were. */
    int reads() {
        return reads;
    }

    LogReader reader() {
        return reader;
    }

    TckContext context() {
        return context;
    }

    /** One read. Whatever the reader does wrong in it fails the case. */
    Outcome read() throws Exception {
        return read(false);
    }

    /** One read by a thread that was interrupted. */
    Outcome readInterrupted() throws Exception {
        return read(true);
    }

    private Outcome read(boolean interrupted) throws Exception {
        reads++;
        context.beginRead();
        Outcome outcome = threads.call("read", () -> {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            boolean normally = false;
            sink.beginRead(room);
            try {
                Outcome result = reader.read(sink);
                normally = true;
                return result;
            } finally {
                sink.endRead(normally);
                Thread.interrupted();
            }
        });
        String wrongs = sink.wrongs();
        if (!wrongs.isEmpty()) {
            throw new AssertionError(wrongs);
        }
        last = outcome;
        return outcome;
    }

    /** Reads until something is there, after a WAIT only when that is asked for. The patience begins anew with progress. */
    void until(String what, BooleanSupplier enough) throws Exception {
        drive(what, () -> {
            check(last != Outcome.END || enough.getAsBoolean(), what, "the reader said END");
            return enough.getAsBoolean();
        });
    }

    /** Reads to the end of the log. */
    void untilEnd() throws Exception {
        drive("the end of an ended log", () -> last == Outcome.END);
    }

    private void drive(String what, BooleanSupplier enough) throws Exception {
        long before = -1;
        long deadline = 0;
        int empty = 0;
        while (!enough.getAsBoolean()) {
            if (progress() != before) {
                before = progress();
                deadline = System.nanoTime() + patience.toNanos();
                empty = 0;
            }
            if (last == Outcome.WAIT || last == Outcome.PENDING) {
                awaitWake(what, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
            }
            read();
            empty++;
            check(
                    last != Outcome.MORE || empty < EMPTY_READS,
                    what,
                    "the reader said MORE for ever, and brought nothing");
            check(deadline - System.nanoTime() > 0 || progress() != before, what, "nothing came within " + patience);
        }
    }

    /** Reads until the reader has nothing more for now. */
    Outcome untilIdle() throws Exception {
        Outcome outcome = read();
        for (int empty = 0; outcome == Outcome.MORE || outcome == Outcome.PENDING; empty++) {
            check(empty < EMPTY_READS, "an idle reader", "it said " + outcome + " " + empty + " times");
            if (outcome == Outcome.PENDING) {
                awaitWake("an idle reader", patience);
            }
            long before = progress();
            outcome = read();
            empty = progress() == before ? empty : 0;
        }
        return outcome;
    }

    private void awaitWake(String what, Duration atMost) throws InterruptedException {
        boolean woken = context.awaitWake(atMost);
        check(woken, what, "the reader said " + last + ", and within " + patience + " asked for no other read");
    }

    /** Reads until as much as was expected is there, and compares it. */
    void untilSame(String what, Content expected) throws Exception {
        until(what + ", which has " + expected.size() + " bytes", () -> sink.content.reaches(expected));
        sink.content.assertSame(what, expected);
    }

    /** As {@link #untilSame}, over failures, each of which leads back to the last position. */
    void untilSameOverFailures(String what, Content expected) throws Exception {
        boolean same = false;
        for (int failures = 0; !same; failures++) {
            try {
                untilSame(what, expected);
                same = true;
            } catch (IOException e) {
                if (failures > 100) {
                    throw e;
                }
                reopen();
            }
        }
    }

    /** Closes the reader, and opens one at the last position: as often as it takes. */
    void reopen() throws Exception {
        close();
        Start start = first; // where nothing was told yet
        if (!sink.marks.isEmpty()) {
            sink.backTo(sink.lastMark());
            start = Start.at(sink.lastMark().position());
        }
        long deadline = System.nanoTime() + patience.toNanos();
        context = new TckContext();
        last = Outcome.MORE;
        for (boolean open = false; !open; ) {
            try {
                reader = open(start);
                open = true;
            } catch (IOException e) {
                if (deadline - System.nanoTime() <= 0) {
                    throw e;
                }
                LockSupport.parkNanos(10_000_000);
            }
        }
    }

    private long progress() {
        return sink.content.size() + sink.marks.size() + sink.events.size() + sink.gaps.size();
    }

    private static void check(boolean right, String what, String wrong) {
        if (!right) {
            throw new AssertionError("waiting for " + what + ": " + wrong);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            threads.call("close", () -> {
                reader.close();
                return true;
            });
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
