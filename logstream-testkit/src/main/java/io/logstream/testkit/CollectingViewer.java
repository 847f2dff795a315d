package io.logstream.testkit;

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
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A viewer that keeps all that it is told, with the bytes of each channel put together again, and waits for more. What it
 * waits for and does not get within a minute is an {@link AssertionError} that says what there was instead. Threadsafe.
 */
public final class CollectingViewer implements Subscriber {
    private static final int PATIENCE_SECONDS = 60;

    private final ByteArrayOutputStream[] bytes = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
    private final List<SourceEvent> events = new ArrayList<>();
    private final List<Gap> gaps = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private boolean keepLines = true;
    private @Nullable EndReason end;
    private Runnable before = () -> {};

    /** A viewer that was told nothing yet. */
    public CollectingViewer() {}

    /**
     * Keeps the bytes of lines only, and no text of each: for many lines. To be called before it is told anything.
     *
     * @return this
     */
    public CollectingViewer bytesOnly() {
        keepLines = false;
        return this;
    }

    /**
     * Runs something before each batch is taken. To be called before it is told anything.
     *
     * @param action what to run, on the thread that calls viewers
     * @return this
     */
    public CollectingViewer before(Runnable action) {
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
        if (event.kind() != SourceEvent.Kind.CAUGHT_UP) {
            told.add(event.kind()
                    + (event.exitCode().isPresent() ? " " + event.exitCode().getAsInt() : ""));
        }
    }

    @Override
    public void onEnd(EndReason reason) {
        synchronized (this) {
            end = reason;
        }
        ended.countDown();
    }

    /**
     * All bytes of a channel, line ends included, as far as lines were complete or shown in part.
     *
     * @param channel the channel
     * @return a copy
     */
    public synchronized byte[] bytes(Channel channel) {
        return bytes[channel.ordinal()].toByteArray();
    }

    /**
     * How many bytes there are of both channels.
     *
     * @return the number
     */
    public synchronized int size() {
        return bytes[0].size() + bytes[1].size();
    }

    /**
     * The text of each line.
     *
     * @return a copy
     */
    public synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    /**
     * Lines, gaps and events, with their exit code, in the order in which they came: {@code line TEXT}, {@code gap REASON},
     * {@code KIND} or {@code KIND CODE}; without {@code CAUGHT_UP}, whose place among lines that come meanwhile depends on
     * the source.
     *
     * @return a copy
     */
    public synchronized List<String> told() {
        return List.copyOf(told);
    }

    /**
     * The gaps.
     *
     * @return a copy
     */
    public synchronized List<Gap> gaps() {
        return List.copyOf(gaps);
    }

    /**
     * The events.
     *
     * @return a copy
     */
    public synchronized List<SourceEvent> events() {
        return List.copyOf(events);
    }

    /**
     * The kinds of the events.
     *
     * @return a copy
     */
    public synchronized List<SourceEvent.Kind> kinds() {
        return events.stream().map(SourceEvent::kind).toList();
    }

    /**
     * Waits for the end.
     *
     * @return its reason
     */
    public EndReason awaitEnd() {
        await("the end", () -> ended.getCount() == 0);
        synchronized (this) {
            return Objects.requireNonNull(end);
        }
    }

    /**
     * Waits until something is true.
     *
     * @param what what that is, for the message
     * @param condition whether it is, asked each millisecond
     */
    public void await(String what, BooleanSupplier condition) {
        until(
                () -> {
                    List<String> all = told();
                    return what + "; events " + kinds() + ", told last "
                            + all.subList(Math.max(0, all.size() - 3), all.size());
                },
                condition);
    }

    /**
     * Waits for a line with this text.
     *
     * @param line the text
     */
    public void awaitLine(String line) {
        await("line '" + line + "'", () -> lines().contains(line));
    }

    /**
     * Waits for an event.
     *
     * @param kind its kind
     */
    public void awaitEvent(SourceEvent.Kind kind) {
        await("event " + kind, () -> kinds().contains(kind));
    }

    /**
     * Waits until something is true that has nothing to do with a viewer.
     *
     * @param what what that is, for the message
     * @param condition whether it is, asked each millisecond
     */
    public static void until(String what, BooleanSupplier condition) {
        until(() -> what, condition);
    }

    /**
     * The same, with a message that is made when it is needed.
     *
     * @param what what that is
     * @param condition whether it is, asked each millisecond
     */
    public static void until(Supplier<String> what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (deadline - System.nanoTime() < 0) {
                throw new AssertionError("not within " + PATIENCE_SECONDS + " s: " + what.get());
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
