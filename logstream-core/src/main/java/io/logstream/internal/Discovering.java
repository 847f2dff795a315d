package io.logstream.internal;

import io.logstream.EndReason;
import io.logstream.LogStreamException;
import io.logstream.Replay;
import io.logstream.SourceEvent;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A discovery at work for one viewer: opens a stream for every log that is found and lets the viewer join it. What the
 * first scan finds is joined as the viewer asked; what comes later is shown from its beginning.
 */
final class Discovering extends SerialTask implements LogDiscovery.Sink {
    private static final Logger LOG = LoggerFactory.getLogger(Discovering.class);

    /** All that a stream has had: what is no longer retained, because others were quicker to find it, is a gap. */
    private static final Replay WHOLE = Replay.after(Map.of());

    private final Hub hub;
    private final Engine engine;
    private final LogDiscovery discovery;
    private final StreamOptions streamOptions;
    private final SubscribeOptions options;
    private final Delivery viewer;
    /** Null while nothing has failed since it went well. */
    private @Nullable Backoff backoff;

    private final Alarms alarms;
    private final Set<String> found = new HashSet<>();
    private @Nullable Wakeup wakeup;
    private LogDiscovery.@Nullable Scan scan;
    private final Set<String> told = new HashSet<>();
    private final Opening opening = new Opening();
    private boolean scanned;
    private boolean complete;
    private boolean over;
    private volatile boolean closing;
    private final CountDownLatch ended = new CountDownLatch(1);

    Discovering(
            Hub hub, LogDiscovery discovery, StreamOptions streamOptions, SubscribeOptions options, Delivery viewer) {
        this.hub = hub;
        this.engine = hub.engine();
        this.discovery = discovery;
        this.streamOptions = streamOptions;
        this.options = options;
        this.viewer = viewer;
        this.alarms = new Alarms(this, engine.time());
    }

    @Override
    Executor executor() {
        return engine.reading();
    }

    /** Stops looking. */
    void close() {
        closing = true;
        opening.close();
        wake();
    }

    /** Waits until it has stopped looking. */
    void awaitEnd(Deadline deadline) {
        try {
            ended.await(deadline.nanosLeft(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    boolean step() {
        boolean more = false;
        try {
            if (closing || over) {
                end(EndReason.of(EndReason.Kind.CLOSED, ""));
                return false;
            }
            if (wakeup == null && Backoff.delay(backoff, engine.time().nanoTime()) == 0) {
                Wakeup opened = new Wakeup(this, engine);
                wakeup = opened;
                scan = opening.open(() -> discovery.open(opened));
                told.clear();
                complete = false;
            }
            Wakeup opened = wakeup;
            LogDiscovery.Scan from = scan;
            if (opened != null && from != null && opened.isWanted()) {
                opened.clear();
                LogReader.Outcome outcome = from.scan(this);
                backoff = outcome == LogReader.Outcome.PENDING ? backoff : null;
                if (outcome == LogReader.Outcome.WAIT || outcome == LogReader.Outcome.END) {
                    scanned = true;
                    forgetUntold();
                }
                if (outcome == LogReader.Outcome.END) {
                    end(EndReason.of(EndReason.Kind.COMPLETED, ""));
                } else if (outcome == LogReader.Outcome.MORE) {
                    opened.want();
                    more = true;
                }
            }
        } catch (IOException e) {
            LOG.info("discovery {}: can't look, trying again: {}", discovery.identity(), e.getMessage());
            failed();
        } catch (InterruptedException e) {
            failed();
        } catch (LogStreamException e) {
            end(new EndReason(EndReason.Kind.FAILED, String.valueOf(e.getMessage()), e));
        } catch (Throwable e) {
            end(Ends.failed(EndReason.Kind.FAILED, "the discovery failed with", e));
            LOG.error("discovery {} threw what a discovery must not throw", discovery.identity(), e);
        }
        if (!over) {
            Wakeup opened = wakeup;
            long now = engine.time().nanoTime();
            alarms.within(opened != null ? opened.delay(now) : Backoff.delay(backoff, now));
        }
        return more;
    }

    /** The first complete scan tells all there is: what an earlier one had found and this has not is gone. */
    private void forgetUntold() {
        if (complete) {
            return;
        }
        complete = true;
        for (String id : List.copyOf(found)) {
            if (!told.contains(id)) {
                gone(id);
            }
        }
    }

    @Override
    public void found(String id, LogSource source) {
        told.add(id);
        if (closing || !found.add(id)) {
            return;
        }
        viewer.viewing.tell(SourceEvent.of(SourceEvent.Kind.APPEARED, "").at(id, 0));
        try {
            boolean resumed = options.replay() instanceof Replay.After;
            SubscribeOptions how = !scanned || resumed
                    ? options
                    : options.toBuilder().replay(WHOLE).build();
            hub.streamAnew(id, source, streamOptions).join(viewer, how);
        } catch (LogStreamException | IllegalArgumentException e) {
            LOG.warn("discovery {}: stream {} can't be shown: {}", discovery.identity(), id, e.getMessage());
            viewer.viewing.tell(SourceEvent.of(SourceEvent.Kind.ENDED, String.valueOf(e.getMessage()))
                    .at(id, 0));
            viewer.wake();
        }
    }

    @Override
    public void gone(String id) {
        told.remove(id);
        if (found.remove(id)) {
            viewer.viewing.tell(SourceEvent.of(SourceEvent.Kind.DISAPPEARED, "").at(id, 0));
            hub.finish(id);
            viewer.wake();
        }
    }

    private void failed() {
        Wakeup tried = wakeup;
        shut();
        backoff = Backoff.after(backoff, tried, engine, streamOptions);
    }

    private void end(EndReason reason) {
        over = true;
        shut();
        ended.countDown();
        hub.forget(this);
        viewer.viewing.complete(reason);
        viewer.wake();
    }

    private void shut() {
        LogDiscovery.Scan from = scan;
        if (wakeup != null) {
            wakeup.close();
        }
        wakeup = null;
        scan = null;
        if (from != null) {
            try {
                from.close();
            } catch (Throwable e) {
                LOG.debug("discovery {}: closing failed", discovery.identity(), e);
            }
        }
    }
}
