package io.logstream.ssh;

import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogLine;
import io.logstream.SourceEvent;
import io.logstream.Subscriber;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** A viewer that keeps all that it is told, with the bytes of each channel put together again. */
final class Collected implements Subscriber {
    private static final int PATIENCE_SECONDS = Integer.getInteger("ssh.patience", 60);

    private final ByteArrayOutputStream[] bytes = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
    private final List<SourceEvent> events = new ArrayList<>();
    private final List<Gap> gaps = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private boolean keepLines = true;
    private EndReason end;
    private Runnable before = () -> {};

    Collected bytesOnly() {
        keepLines = false;
        return this;
    }

    /** Runs something before each batch is taken. */
    Collected before(Runnable action) {
        before = action;
        return this;
    }

    @Override
    public void onLines(LogBatch batch) {
        before.run();
        take(batch);
    }

    private synchronized void take(LogBatch batch) {
        for (LogLine line : batch) {
            ByteArrayOutputStream channel = bytes[line.channel().ordinal()];
            byte[] content = new byte[line.length()];
            line.copyTo(content, 0);
            channel.write(content, 0, content.length);
            switch (line.ending()) {
                case LF, IMPLIED -> channel.write('\n');
                case CRLF -> {
                    channel.write('\r');
                    channel.write('\n');
                }
                default -> {}
            }
            if (keepLines) {
                lines.add(line.text());
                told.add("line " + line.text());
            }
        }
    }

    @Override
    public synchronized void onGap(Gap gap) {
        gaps.add(gap);
        told.add("gap " + gap.reason());
    }

    @Override
    public synchronized void onEvent(SourceEvent event) {
        events.add(event);
        told.add(event.kind()
                + (event.exitCode().isPresent() ? " " + event.exitCode().getAsInt() : ""));
    }

    @Override
    public void onEnd(EndReason reason) {
        synchronized (this) {
            end = reason;
        }
        ended.countDown();
    }

    synchronized byte[] bytes(Channel channel) {
        return bytes[channel.ordinal()].toByteArray();
    }

    synchronized int size() {
        return bytes[0].size() + bytes[1].size();
    }

    synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    /** Lines, gaps and events, with their exit code, in the order in which they came. */
    synchronized List<String> told() {
        return List.copyOf(told);
    }

    synchronized List<Gap> gaps() {
        return List.copyOf(gaps);
    }

    synchronized List<SourceEvent> events() {
        return List.copyOf(events);
    }

    synchronized List<SourceEvent.Kind> kinds() {
        return events.stream().map(SourceEvent::kind).toList();
    }

    EndReason awaitEnd() throws InterruptedException {
        if (!ended.await(60, TimeUnit.SECONDS)) {
            throw new AssertionError("no end within 60 s; events " + kinds() + ", last line "
                    + (lines.isEmpty() ? "none" : lines.get(lines.size() - 1)));
        }
        return end;
    }

    void await(String what, BooleanSupplier condition) {
        until(what + "; events " + kinds(), condition);
    }

    void awaitLine(String line) {
        await("line '" + line + "'", () -> lines().contains(line));
    }

    void awaitEvent(SourceEvent.Kind kind) {
        await("event " + kind, () -> kinds().contains(kind));
    }

    static void until(String what, BooleanSupplier condition) {
        until(() -> what, condition);
    }

    static void until(Supplier<String> what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (deadline - System.nanoTime() < 0) {
                throw new AssertionError("not within " + PATIENCE_SECONDS + " s: " + what.get());
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
