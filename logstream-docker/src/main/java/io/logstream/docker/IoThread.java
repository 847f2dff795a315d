package io.logstream.docker;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread of a daemon: waits for all its connections at once, and says which can be read or written. It reads nothing
 * itself: who is told does, when it has room. Starts with the first connection; where it fails, all connections fail, and the
 * next one starts it anew. Threadsafe.
 *
 * <p>A connection asks for each readiness anew, so one that is not read costs nothing.
 */
class IoThread {
    private static final Logger LOG = LoggerFactory.getLogger(IoThread.class);

    private record Timer(long at, long number, Runnable action) implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            int byTime = Long.compare(at - other.at, 0);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    private static final long MOMENT_NANOS = 1_000_000;

    private final String name;
    private final ConcurrentLinkedQueue<SelectionKey> soon = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private @Nullable Selector selector;
    private volatile @Nullable Thread thread;
    private long timerNumber;
    private boolean closed;

    IoThread(String name) {
        this.name = name;
    }

    /**
     * Takes a channel into the watch.
     *
     * @param ready run on this thread when the channel is ready for what was {@linkplain #want wanted}; must not block
     */
    synchronized SelectionKey register(SelectableChannel channel, Runnable ready) throws IOException {
        return channel.register(started(), 0, ready);
    }

    /** Asks to be told once. */
    void want(SelectionKey key, int ops) throws IOException {
        try {
            key.interestOps(ops);
            if (Thread.currentThread() != thread) {
                key.selector().wakeup();
            }
        } catch (CancelledKeyException e) {
            throw lost();
        }
    }

    private IOException lost() {
        return new IOException("the connection is closed, or " + name + " has failed");
    }

    /**
     * Asks to be told once when the channel can be read, a moment later: where bytes come in a stream, more of them are there
     * then, and so fewer rounds are needed.
     */
    void wantSoon(SelectionKey key) throws IOException {
        if (!key.isValid()) {
            throw lost();
        }
        soon.add(key);
        key.selector().wakeup();
    }

    /** Waits that moment for all of them together. */
    private void arm() {
        if (soon.isEmpty()) {
            return;
        }
        LockSupport.parkNanos(MOMENT_NANOS);
        for (SelectionKey key = soon.poll(); key != null; key = soon.poll()) {
            try {
                key.interestOps(SelectionKey.OP_READ);
            } catch (CancelledKeyException e) {
                LOG.trace("closed meanwhile", e);
            }
        }
    }

    /** Frees what a closed channel still holds. */
    void closed(SelectionKey key) {
        key.cancel();
        try {
            key.selector().wakeup();
        } catch (ClosedSelectorException e) {
            // the thread has ended, and all channels with it
        }
    }

    /** Where something that blocks gets a thread of its own. */
    Executor threads() {
        return task -> {
            Thread blocking = new Thread(task, name + "-command");
            blocking.setDaemon(true);
            blocking.start();
        };
    }

    /** Runs something on this thread later. */
    synchronized void after(Duration delay, Runnable action) throws IOException {
        Selector running = started();
        timers.add(new Timer(System.nanoTime() + delay.toNanos(), timerNumber++, action));
        running.wakeup();
    }

    private synchronized Selector started() throws IOException {
        if (closed) {
            throw new IOException("the connection to the daemon was closed");
        }
        Selector running = selector;
        if (running == null) {
            running = Selector.open();
            selector = running;
            Selector mine = running;
            Thread started = new Thread(() -> serve(mine), name);
            started.setDaemon(true);
            started.start();
            thread = started;
        }
        return running;
    }

    private void serve(Selector mine) {
        try {
            while (!isClosed()) {
                mine.select(IoThread::ready, nextTimer());
                runTimers();
                arm();
            }
        } catch (Throwable e) {
            LOG.error("{} has failed, and with it all its connections", name, e);
        } finally {
            end(mine);
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Nothing is told any more: who waits finds that out when he tries to go on. */
    private void end(Selector mine) {
        List<SelectionKey> keys;
        List<Timer> left;
        synchronized (this) {
            selector = null;
            keys = List.copyOf(mine.keys());
            left = List.copyOf(timers);
            timers.clear();
        }
        try {
            mine.close();
        } catch (IOException e) {
            LOG.debug("{}: closing failed", name, e);
        }
        keys.forEach(IoThread::run);
        left.forEach(IoThread::run);
    }

    private static void ready(SelectionKey key) {
        try {
            key.interestOps(0);
        } catch (CancelledKeyException e) {
            LOG.trace("closed meanwhile", e);
            return;
        }
        run(key);
    }

    private static void run(SelectionKey key) {
        try {
            ((Runnable) key.attachment()).run();
        } catch (Throwable e) { // one connection must not end all others
            LOG.error("a connection could not be served", e);
        }
    }

    /** Milliseconds until the next timer, rounded up; 0 if there is none. A test lets it fail. */
    synchronized long nextTimer() {
        Timer first = timers.peek();
        return first == null ? 0 : 1 + Math.max(0, (first.at() - System.nanoTime()) / 1_000_000);
    }

    private void runTimers() {
        for (Timer due = nextDue(); due != null; due = nextDue()) {
            run(due);
        }
    }

    private static void run(Timer timer) {
        try {
            timer.action().run();
        } catch (Throwable e) {
            LOG.error("a timer failed", e);
        }
    }

    private synchronized @Nullable Timer nextDue() {
        Timer first = timers.peek();
        return first != null && first.at() - System.nanoTime() <= 0 ? timers.poll() : null;
    }

    /** Ends the thread. The channels are closed by those who opened them. */
    synchronized void close() {
        closed = true;
        timers.clear();
        if (selector != null) {
            selector.wakeup();
        }
    }
}
