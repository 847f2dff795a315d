package io.logstream.internal;

import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.SubscribeOptions;
import io.logstream.Subscriber;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The push form of a viewer: a loop over its cursors that calls its subscriber, one piece a step. Whatever the subscriber
 * throws ends this subscription and nothing else.
 */
final class Delivery extends Viewer {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

    private final Subscriber subscriber;
    private final int batchLines;
    private final Executor executor;
    private volatile @Nullable Thread calling;
    private int turn;

    Delivery(Engine engine, SubscribeOptions options, Subscriber subscriber, boolean merged) {
        super(engine, merged);
        this.subscriber = subscriber;
        this.batchLines = options.batchLines();
        Executor elsewhere = options.executor();
        this.executor = elsewhere == null ? engine.delivery() : task -> runOn(elsewhere, task);
    }

    @Override
    Executor executor() {
        return executor;
    }

    /** By way of our own threads: whoever wakes this must not be held up by the executor of a stranger. */
    @Override
    void awake() {
        if (executor == engine.delivery()) {
            super.awake();
        } else {
            engine.delivery().execute(super::awake);
        }
    }

    private void runOn(Executor elsewhere, Runnable task) {
        Handover handover = new Handover(task, engine.delivery());
        try {
            elsewhere.execute(handover);
        } catch (Throwable e) {
            closeWith(new EndReason(EndReason.Kind.SUBSCRIBER_FAILED, "its executor refused its work", e));
            handover.takeBack();
        }
        handover.submitted = true;
    }

    /** A task on its way to somebody else's executor: run exactly once, and never inside the call that hands it over. */
    private static final class Handover implements Runnable {
        private final AtomicBoolean taken = new AtomicBoolean();
        private final Thread submitter = Thread.currentThread();
        private final Runnable task;
        private final Executor own;
        private boolean submitted; // has a meaning for the submitter only

        Handover(Runnable task, Executor own) {
            this.task = task;
            this.own = own;
        }

        @Override
        public void run() {
            if (Thread.currentThread() == submitter && !submitted) {
                takeBack();
            } else if (taken.compareAndSet(false, true)) {
                task.run();
            }
        }

        void takeBack() {
            if (taken.compareAndSet(false, true)) {
                own.execute(task);
            }
        }
    }

    @Override
    boolean isCallingHere() {
        return calling == Thread.currentThread();
    }

    @Override
    boolean step() {
        if (isOver()) {
            return false;
        }
        try {
            EndReason asked = asked();
            if (asked == null && isPaused()) {
                asked = leaveClosed();
                unpin();
            } else if (asked == null) {
                return advance();
            }
            if (asked != null) {
                finish(asked);
            }
        } catch (Throwable e) {
            finish(Ends.failed(EndReason.Kind.SUBSCRIBER_FAILED, "the viewer threw", e));
        }
        return false;
    }

    /** Delivers the next piece of the stream whose turn it is, or of the first behind it that has one. */
    private boolean advance() throws Exception {
        SourceEvent news = viewing.news();
        if (news != null && mayCall()) {
            call(() -> subscriber.onEvent(news));
            return true;
        }
        Cursor[] cursors = viewing.cursors();
        for (int i = 0; i < cursors.length; i++) {
            turn = turn + 1 < cursors.length ? turn + 1 : 0;
            Cursor cursor = cursors[turn];
            Cursor.Found found = cursor.take(batchLines);
            if (found == Cursor.Found.END) {
                return ended(cursor);
            }
            if (found != Cursor.Found.NOTHING) {
                deliver(cursor, found);
                return true;
            }
        }
        EndReason reason = viewing.end();
        if (reason != null) {
            finish(reason);
        }
        return false;
    }

    private void deliver(Cursor cursor, Cursor.Found found) throws Exception {
        if (!mayCall()) {
            cursor.drop();
            return;
        }
        switch (found) {
            case LINES -> call(() -> subscriber.onLines(cursor.batch()));
            case GAP -> call(() -> subscriber.onGap((Gap) cursor.entry()));
            case EVENT -> call(() -> subscriber.onEvent((SourceEvent) cursor.entry()));
            default -> {}
        }
        cursor.done();
    }

    /** Leaves streams that were closed while this viewer is paused; returns the reason if none is left. */
    private @Nullable EndReason leaveClosed() {
        for (Cursor cursor : viewing.cursors()) {
            EndReason reason = cursor.aborted();
            if (reason != null) {
                viewing.leaveBehind(cursor, reason);
            }
        }
        return viewing.end();
    }

    private boolean ended(Cursor cursor) throws Exception {
        EndReason reason = cursor.end();
        viewing.remove(cursor, reason);
        if (!viewing.isMerged()) {
            finish(reason);
            return false;
        }
        if (mayCall()) {
            call(() -> subscriber.onEvent(Viewing.endOf(cursor, reason)));
        }
        return true;
    }

    /** Code of the subscriber. */
    private interface Callback {
        void run() throws Exception;
    }

    private void call(Callback callback) throws Exception {
        calling = Thread.currentThread();
        try {
            callback.run();
        } finally {
            calling = null;
        }
    }

    /** The last callback. */
    private void finish(EndReason reason) {
        if (leave(reason)) {
            calling = Thread.currentThread();
            try {
                subscriber.onEnd(reason);
            } catch (Throwable e) {
                tellOver();
                LOG.warn("a viewer threw at its end", e);
            } finally {
                calling = null;
                tellOver();
            }
        }
    }
}
