package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A log in memory that follows a script: the reference of a correct source, and a stand-in for any other.
 *
 * <pre>{@code
 * ScriptedSource source = new ScriptedSource("job")
 *         .bytes(Channel.STDOUT, "one\ntwo\n")
 *         .fail(new IOException("connection reset"))
 *         .bytes(Channel.STDERR, "three\n")
 *         .end();
 * }</pre>
 *
 * <p>Steps may be added while the source is read: readers that wait are woken. It has exact positions, down to the byte,
 * and can be opened any number of times. Threadsafe.
 */
public final class ScriptedSource implements LogSource {
    private final String name;
    private final Script script = new Script();
    private final List<ScriptedReader> readers = new ArrayList<>();
    private final List<Start> starts = new ArrayList<>();
    private final Deque<Exception> openFailures = new ArrayDeque<>();
    private final Gate openGate = new Gate();
    private final Gate readGate = new Gate();
    private final AtomicInteger reads = new AtomicInteger();
    private int closes;
    private Gap.Reason forgotten = Gap.Reason.ROTATED;

    /**
     * A log with nothing in it.
     *
     * @param name part of its identity: sources with the same name count as the same log
     */
    public ScriptedSource(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * Adds bytes of which the time is not known.
     *
     * @param channel their channel
     * @param text the bytes in UTF-8, cut anywhere
     * @return this source
     */
    public ScriptedSource bytes(Channel channel, String text) {
        return add(new Script.Bytes(channel, text.getBytes(StandardCharsets.UTF_8), LineSink.NO_TIME));
    }

    /**
     * Adds bytes of which the time is not known. Each call makes one call of {@link LineSink#bytes}, if there is room.
     *
     * @param channel their channel
     * @param bytes the bytes, cut anywhere; copied
     * @return this source
     */
    public ScriptedSource bytes(Channel channel, byte[] bytes) {
        return add(new Script.Bytes(channel, bytes.clone(), LineSink.NO_TIME));
    }

    /**
     * Adds bytes.
     *
     * @param channel their channel
     * @param bytes the bytes, cut anywhere; copied
     * @param time when they were written
     * @return this source
     */
    public ScriptedSource bytes(Channel channel, byte[] bytes, Instant time) {
        long nanos = Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
        return add(new Script.Bytes(channel, bytes.clone(), nanos));
    }

    /**
     * Adds a line end that is not in the bytes.
     *
     * @param channel its channel
     * @return this source
     */
    public ScriptedSource endLine(Channel channel) {
        return add(new Script.EndLine(channel));
    }

    /**
     * Adds a gap.
     *
     * @param lines how many lines are missing, or -1
     * @param reason why
     * @return this source
     */
    public ScriptedSource gap(long lines, Gap.Reason reason) {
        return add(new Script.Missing(lines, reason));
    }

    /**
     * Adds an event.
     *
     * @param event what happened
     * @return this source
     */
    public ScriptedSource event(SourceEvent event) {
        return add(new Script.Event(event));
    }

    /**
     * Makes the first reader that comes here fail; a later one passes.
     *
     * @param exception an {@link IOException} or an unchecked exception
     * @return this source
     */
    public ScriptedSource fail(Exception exception) {
        return fail(exception, 1);
    }

    /**
     * Makes readers that come here fail, some times in all.
     *
     * @param exception an {@link IOException} or an unchecked exception
     * @param times how often; {@link Integer#MAX_VALUE} for always
     * @return this source
     * @throws IllegalArgumentException if it is another checked exception
     */
    public ScriptedSource fail(Exception exception, int times) {
        return add(new Script.Failure(ioOrUnchecked(exception), new AtomicInteger(times)));
    }

    /**
     * Makes every reader wait here for some time of its hub's clock.
     *
     * @param time how long; zero to end a read here
     * @return this source
     */
    public ScriptedSource pause(Duration time) {
        return add(new Script.Pause(time));
    }

    /**
     * Completes the log.
     *
     * @return this source
     */
    public ScriptedSource end() {
        return add(new Script.End());
    }

    private ScriptedSource add(Script.Step step) {
        change(() -> script.add(step));
        return this;
    }

    /** Changes something that waiting readers must learn of. */
    private void change(Runnable change) {
        List<ScriptedReader> open;
        synchronized (this) {
            change.run();
            open = List.copyOf(readers);
        }
        open.forEach(reader -> reader.context().wake());
    }

    private static Exception ioOrUnchecked(Exception exception) {
        if (exception instanceof IOException || exception instanceof RuntimeException) {
            return exception;
        }
        throw new IllegalArgumentException("a source can't fail with " + exception, exception);
    }

    /**
     * Drops all steps so far. Readers that have not passed them, and those opened at positions within them, get a gap.
     *
     * @param reason the reason of that gap, an upstream one
     */
    public void forget(Gap.Reason reason) {
        change(() -> {
            script.forget();
            forgotten = reason;
        });
    }

    /** Breaks the connections of all readers that are open now: their next read throws an {@link IOException}. */
    public void breakReaders() {
        change(() -> readers.forEach(ScriptedReader::breakConnection));
    }

    /**
     * Makes the next calls of {@link #open} fail, one for each call of this method.
     *
     * @param exception an {@link IOException} or an unchecked exception
     * @throws IllegalArgumentException if it is another checked exception
     */
    public synchronized void failOpen(Exception exception) {
        openFailures.add(ioOrUnchecked(exception));
    }

    /** Makes every call of {@link #open} hang from now on, also for an interrupted thread, until {@link #release()}. */
    public void holdOpen() {
        openGate.shut();
    }

    /** Makes every read hang from now on, also for an interrupted thread, until {@link #release()}. */
    public void holdReads() {
        readGate.shut();
    }

    /** Lets everything go on that hangs because of {@link #holdOpen()} or {@link #holdReads()}. */
    public void release() {
        openGate.open();
        readGate.open();
    }

    /**
     * Waits until a call of {@link #open} hangs.
     *
     * @param atMost how long to wait
     * @return whether one does
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public boolean awaitHeldOpen(Duration atMost) throws InterruptedException {
        return openGate.awaitHeld(atMost);
    }

    /**
     * Waits until a read hangs.
     *
     * @param atMost how long to wait
     * @return whether one does
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public boolean awaitHeldRead(Duration atMost) throws InterruptedException {
        return readGate.awaitHeld(atMost);
    }

    /**
     * Where this source was opened, failed attempts included.
     *
     * @return a snapshot, in order
     */
    public synchronized List<Start> starts() {
        return List.copyOf(starts);
    }

    /**
     * How many readers were opened.
     *
     * @return a count, failed attempts not included
     */
    public synchronized int opens() {
        return closes + readers.size();
    }

    /**
     * How many readers were closed.
     *
     * @return a count; each reader counts once
     */
    public synchronized int closes() {
        return closes;
    }

    /**
     * How many times readers were asked to read.
     *
     * @return a count over all readers
     */
    public int reads() {
        return reads.get();
    }

    @Override
    public String identity() {
        return "scripted:" + name;
    }

    @Override
    public LogReader open(Start start, SourceContext context) throws IOException {
        synchronized (this) {
            starts.add(start);
        }
        openGate.pass();
        synchronized (this) {
            Exception failure = openFailures.poll();
            if (failure != null) {
                throw raise(failure);
            }
            boolean told = start instanceof Start.At; // who asks for a position knows it
            ScriptedReader reader = new ScriptedReader(this, context, script.place(start), told);
            readers.add(reader);
            return reader;
        }
    }

    /** Throws what may be thrown; returns only for the compiler. */
    static IOException raise(Exception exception) throws IOException {
        if (exception instanceof IOException io) {
            throw io;
        }
        throw (RuntimeException) exception;
    }

    /** Counts a read, and holds it up where that was asked for. */
    void passReadGate() {
        reads.incrementAndGet();
        readGate.pass();
    }

    Script script() {
        return script;
    }

    Gap.Reason forgotten() {
        return forgotten;
    }

    synchronized Script.@Nullable Step step(int index) {
        return index < script.size() ? script.step(index) : null;
    }

    synchronized void closed(ScriptedReader reader) {
        if (readers.remove(reader)) {
            closes++;
        }
    }
}
