package io.logstream;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * One viewer of the soak: its form, its manners, and the accounts of what it got. Besides its callbacks, one thread calls
 * it: the soak's.
 */
final class SoakViewer implements Subscriber, Flow.Subscriber<LogEntry> {
    /** How it watches. */
    enum Form {
        PUSH,
        MERGED,
        PULL,
        FLOW
    }

    /** What it does in its callbacks. */
    enum Manner {
        NONE,
        SLOW,
        STUCK,
        THROWS,
        INTERRUPTS,
        MEDDLES
    }

    private final String name;
    private final Form form;
    private final Manner manner;
    private final List<Broadcaster> streams;
    private final SubscribeOptions options;
    private final SplittableRandom random;
    private final Queue<Throwable> wrong;
    private final Map<String, SoakAccount> accounts = new ConcurrentHashMap<>();
    private final Semaphore gate = new Semaphore(0);
    private final AtomicBoolean inside = new AtomicBoolean();
    private volatile Subscription subscription;
    private volatile Flow.Subscription flow;
    private volatile boolean filtered;
    private volatile boolean closed;
    private volatile boolean threw;
    private volatile boolean free;
    private volatile int ends;
    private boolean mayLose;
    private boolean takenAway; // while a callback was running, whose end the core's account can't know
    private boolean settled;

    SoakViewer(
            String name,
            Form form,
            Manner manner,
            List<Broadcaster> streams,
            SubscribeOptions options,
            SplittableRandom random,
            Queue<Throwable> wrong) {
        this.name = name;
        this.form = form;
        this.manner = manner;
        this.streams = streams;
        this.options = options;
        this.random = random;
        this.wrong = wrong;
        this.filtered = options.filter() != LogFilter.all();
        this.mayLose = !options.policy().equals(BackpressurePolicy.block());
    }

    /** A viewer of the same streams that goes on where this one has left. */
    SoakViewer successor(String newName, SubscribeOptions newOptions, SplittableRandom newRandom) {
        SoakViewer next = new SoakViewer(newName, form, manner, streams, newOptions, newRandom, wrong);
        accounts.forEach((stream, account) -> next.accounts.put(stream, account.resumed(!filtered)));
        next.mayLose = true;
        return next;
    }

    /** Joins; throws what the hub says if it can't. */
    SoakViewer join(LogHub hub) {
        switch (form) {
            case PUSH -> subscription = streams.get(0).subscribe(options, this);
            case MERGED -> subscription = hub.subscribe(streams, options, this);
            case PULL -> subscription = streams.get(0).tail(options);
            case FLOW -> streams.get(0).publisher(options).subscribe(this);
        }
        return this;
    }

    // ---- callbacks

    @Override
    public void onLines(LogBatch batch) {
        enter(true);
        try {
            SoakAccount account = account(batch.stream());
            guard(() -> account.check(batch, filtered));
            behave();
            account.count(batch);
        } finally {
            inside.set(false);
        }
    }

    @Override
    public void onGap(Gap gap) {
        enter(true);
        guard(() -> account(gap.stream()).take(gap, filtered));
        inside.set(false);
    }

    @Override
    public void onEvent(SourceEvent event) {
        enter(true);
        inside.set(false);
    }

    @Override
    public void onEnd(EndReason reason) {
        enter(false);
        ends++;
        inside.set(false);
        if (manner == Manner.THROWS) {
            throw new IllegalStateException("on purpose, at the end");
        }
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        flow = given;
        given.request(1000);
    }

    @Override
    public void onNext(LogEntry entry) {
        enter(false);
        guard(() -> take(entry));
        if (random.nextInt(100) == 0) {
            flow.request(1 + random.nextInt(200));
        }
        try {
            behave();
        } finally {
            inside.set(false);
        }
    }

    @Override
    public void onError(Throwable e) {
        onComplete();
    }

    @Override
    public void onComplete() {
        enter(false);
        ends++;
        inside.set(false);
    }

    private void enter(boolean notWhenClosed) {
        guard(() -> {
            if (!inside.compareAndSet(false, true)) {
                throw new AssertionError("two callbacks at a time");
            } else if (ends > 0) {
                throw new AssertionError("a callback after the end");
            } else if (closed && notWhenClosed) {
                throw new AssertionError("a callback after close");
            }
        });
    }

    private void behave() {
        int chance = random.nextInt(300);
        switch (manner) {
            case NONE -> {}
            case SLOW -> LockSupport.parkNanos(free ? 0 : 1 + random.nextInt(200_000));
            case STUCK -> {
                if (chance == 0 && !free) {
                    stick();
                }
            }
            case THROWS -> {
                if (chance == 0) {
                    threw = true;
                    throw new IllegalStateException("on purpose");
                }
            }
            case INTERRUPTS -> {
                if (chance < 30) {
                    Thread.currentThread().interrupt();
                }
            }
            case MEDDLES -> {
                Subscription own = subscription;
                if (own != null) {
                    meddle(own, chance);
                }
            }
        }
    }

    private void stick() {
        try {
            gate.tryAcquire(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Calls back into the library. */
    private void meddle(Subscription own, int chance) {
        if (chance == 0) {
            own.close();
            closed = true;
        } else if (chance < 5 && !free) {
            own.pause();
        } else if (chance < 10) {
            own.policy(options.policy());
        } else if (chance < 15) {
            own.tokens();
        } else if (chance < 20) {
            own.stats();
        }
    }

    private SoakAccount account(String stream) {
        return accounts.computeIfAbsent(stream, key -> new SoakAccount());
    }

    private void take(LogEntry entry) {
        SoakAccount account = account(streams.get(0).id());
        if (entry instanceof LogLine line) {
            account.take(line, filtered);
        } else if (entry instanceof Gap gap) {
            account.take(gap, filtered);
        }
    }

    private void guard(Runnable check) {
        try {
            check.run();
        } catch (AssertionError e) {
            wrong.add(new AssertionError(e.getMessage() + "\n  " + this, e));
            throw e;
        }
    }

    // ---- from outside, by one thread

    boolean isOver() {
        Subscription own = subscription;
        return form == Form.FLOW ? threw || closed || ends > 0 : own.end().isPresent();
    }

    /** Takes what there is, if it has to be asked for. */
    void poll(int most) {
        if (subscription instanceof LogCursor cursor) {
            for (int i = 0; i < most; i++) {
                LogEntry entry = cursor.poll();
                if (entry == null) {
                    return;
                }
                guard(() -> take(entry));
            }
        } else if (form == Form.FLOW && flow != null) {
            flow.request(most);
        }
    }

    /** Ends a callback that is stuck, or the next one that would be. */
    void letGo() {
        gate.release();
    }

    /** Lets no callback be stuck or pause any more. */
    void letGoForGood() {
        free = true;
        gate.release();
        resume();
    }

    void pause() {
        if (subscription != null) {
            subscription.pause();
        }
    }

    /** Wakes it only where it is paused: nothing else may hide that it was not woken. */
    void resume() {
        if (subscription != null && subscription.stats().paused()) {
            subscription.resume();
        }
    }

    void policy(BackpressurePolicy policy) {
        if (subscription != null) {
            mayLose = true;
            subscription.policy(policy);
        }
    }

    void filter(LogFilter filter) {
        if (subscription != null) {
            filtered = true; // for good: the filter that it had may hold for a while
            subscription.filter(filter);
        }
    }

    void close() {
        if (form == Form.FLOW) {
            flow.cancel();
        } else {
            subscription.close();
        }
        closed = true;
        wasClosed();
    }

    /** Something was closed that may have ended this viewer. */
    void wasClosed() {
        takenAway |= form != Form.PULL && ends == 0;
    }

    boolean canBeResumed() {
        return form != Form.FLOW && !takenAway && subscription.end().isPresent();
    }

    Map<String, ResumeToken> tokens() {
        return subscription.tokens();
    }

    /** Whether the account holds now, in the middle of everything. */
    void check() {
        if (subscription != null) {
            Subscription.Stats stats = subscription.stats();
            check(isSound(stats), stats);
        }
    }

    private boolean isSound(Subscription.Stats stats) {
        return stats.delivered() + stats.filtered() + stats.lost() == stats.position() - stats.joined()
                && stats.position() <= stats.tail()
                && (filtered || stats.filtered() == 0);
    }

    /** Waits for its end and compares the accounts: its own, and the core's. */
    void settle(boolean memoryIsAmple) throws Exception {
        if (settled || form == Form.FLOW && (threw || closed)) {
            return;
        }
        settled = true;
        Eventually.eventually(name + " ends: " + this, () -> isOver() && (form == Form.PULL || ends > 0));
        if (subscription == null) {
            return;
        }
        Subscription.Stats stats = subscription.stats();
        long lines = accounts.values().stream().mapToLong(a -> a.lines).sum();
        long lost = accounts.values().stream().mapToLong(a -> a.lost).sum();
        long gaps = accounts.values().stream().mapToLong(a -> a.gaps).sum();
        EndReason.Kind end = subscription.end().orElseThrow().kind();
        check(isSound(stats), stats);
        check(takenAway || stats.delivered() == lines && stats.lost() == lost && stats.gaps() == gaps, stats);
        check(form == Form.PULL || ends == 1, ends);
        check(threw ? end == EndReason.Kind.SUBSCRIBER_FAILED : end != EndReason.Kind.SUBSCRIBER_FAILED, end);
        check(form == Form.MERGED || end != EndReason.Kind.COMPLETED || stats.position() == stats.tail(), stats);
        check(mayLose || !memoryIsAmple || lost == 0, "blocked, and lost");
        if (accounts.size() == 1 && form != Form.MERGED && !filtered && !takenAway) {
            SoakAccount only = accounts.values().iterator().next();
            check(only.next < 0 || only.next == stats.position(), stats);
        }
    }

    private void check(boolean right, Object facts) {
        if (!right) {
            throw new AssertionError(facts + "\n  " + this);
        }
    }

    long delivered() {
        return accounts.values().stream().mapToLong(a -> a.lines).sum();
    }

    long lost() {
        return accounts.values().stream().mapToLong(a -> a.lost).sum();
    }

    String name() {
        return name;
    }

    String description() {
        return name + " " + form + " " + manner + " on "
                + streams.stream().map(Broadcaster::id).toList() + ", " + options.policy() + ", "
                + options.replay().getClass().getSimpleName() + (filtered ? ", filtered" : "");
    }

    @Override
    public String toString() {
        Subscription own = subscription;
        return description() + (closed ? ", closed" : "") + (threw ? ", threw" : "") + ", ends " + ends
                + (inside.get() ? ", inside" : "") + "\n    " + accounts + "\n    "
                + (own == null ? "" : own.stats() + " " + own.end());
    }
}
