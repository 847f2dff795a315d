package io.logstream.internal;

import io.logstream.Broadcaster;
import io.logstream.EndReason;
import io.logstream.LogFeed;
import io.logstream.LogHub;
import io.logstream.LogStreamException;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscriber;
import io.logstream.Subscription;
import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogSource;
import io.logstream.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The hub: a map of streams over one {@link Engine}. */
public final class Hub implements LogHub {
    private static final int BLOCKING_THREADS = 1024;

    private final HubSettings settings;
    private final Engine engine;
    private final @Nullable Runnable stopEngine;
    private final Map<String, Stream> streams = new ConcurrentHashMap<>();
    private final Set<Delivery> merged = ConcurrentHashMap.newKeySet();
    private final Set<Discovering> discoveries = ConcurrentHashMap.newKeySet();
    private final AtomicInteger subscribers = new AtomicInteger();
    private volatile boolean closed;

    /** A hub with threads of its own. */
    public Hub(HubSettings settings) {
        this.settings = settings;
        TimeSource given = settings.time();
        SystemTime own = given == null ? new SystemTime() : null;
        TimeSource time = given == null ? Objects.requireNonNull(own) : given;
        ThreadPoolExecutor blocking = blockingThreads();
        engine = new Engine(
                time,
                new WorkerPool(
                        "logstream-delivery",
                        settings.deliveryThreads(),
                        settings.maxThreads(),
                        settings.spin(),
                        Duration.ofMillis(100),
                        time),
                new WorkerPool(
                        "logstream-reading",
                        settings.readerThreads(),
                        settings.maxThreads(),
                        Duration.ZERO,
                        Duration.ofMillis(10), // its tasks may be in the kernel, which looks like computing
                        time),
                blocking,
                new MemoryBudget(settings.memoryBytes()),
                RandomGenerator.of("SecureRandom"),
                0,
                SegmentRing.BULK_BYTES);
        stopEngine = () -> {
            blocking.shutdownNow();
            if (own != null) {
                own.close();
            }
        };
    }

    /** A hub on somebody else's engine. */
    Hub(HubSettings settings, Engine engine) {
        this.settings = settings;
        this.engine = engine;
        this.stopEngine = null;
    }

    private static ThreadPoolExecutor blockingThreads() {
        AtomicInteger number = new AtomicInteger();
        return new ThreadPoolExecutor(0, BLOCKING_THREADS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "logstream-blocking-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    Engine engine() {
        return engine;
    }

    // ---- streams

    @Override
    public Broadcaster open(String id, LogSource source, StreamOptions options) {
        return stream(id, source, options);
    }

    Stream stream(String id, LogSource source, StreamOptions options) {
        Objects.requireNonNull(source, "source");
        Stream known = streams.get(checked(id));
        Stream stream = known != null ? known : added(new Stream(this, id, source, options));
        if (!stream.reads(source)) {
            throw new IllegalArgumentException(
                    "stream '" + id + "' is open already and reads another source than " + source.identity());
        }
        if (options.startAtOnce()) {
            stream.start();
        }
        return stream;
    }

    /** The stream with this id that goes on: one that has ended, or is about to, makes way for a new one. */
    Stream streamAnew(String id, LogSource source, StreamOptions options) {
        Stream known = streams.get(checked(id));
        if (known != null && known.isEnding()) {
            forget(known);
        }
        return stream(id, source, options);
    }

    @Override
    public LogFeed feed(String id, StreamOptions options) {
        Stream stream = new Stream(this, checked(id), null, options);
        if (added(stream) != stream) {
            throw new IllegalArgumentException("stream '" + id + "' is open already: a feed needs an id of its own");
        }
        return new Feed(stream, engine);
    }

    private String checked(String id) {
        if (id.isEmpty() || id.length() > 1000) {
            throw new IllegalArgumentException("stream id of " + id.length() + " characters: use 1 to 1000");
        }
        return id;
    }

    /** Adds a stream, unless there is one with its id; returns the one that is there. */
    private Stream added(Stream stream) {
        synchronized (streams) {
            checkOpen();
            Stream known = streams.get(stream.id());
            if (known != null) {
                return known;
            }
            if (streams.size() >= settings.maxStreams()) {
                throw new LogStreamException("the hub has " + streams.size()
                        + " streams, which is the limit: close some, or build it with a greater"
                        + " LogHub.Builder.maxStreams");
            }
            streams.put(stream.id(), stream);
            return stream;
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new LogStreamException("the hub is closed");
        }
    }

    /** Ends a stream once what is there has been read. */
    void finish(String id) {
        Stream stream = streams.get(id);
        if (stream != null) {
            stream.finish();
        }
    }

    void forget(Discovering ended) {
        discoveries.remove(ended);
    }

    void forget(Stream stream) {
        streams.remove(stream.id(), stream);
    }

    @Override
    public Optional<Broadcaster> find(String id) {
        return Optional.ofNullable(streams.get(id));
    }

    @Override
    public List<Broadcaster> streams() {
        return List.copyOf(streams.values());
    }

    // ---- viewers

    /** Counts a viewer in. */
    void admit() {
        checkOpen();
        if (subscribers.incrementAndGet() > settings.maxSubscribers()) {
            subscribers.decrementAndGet();
            throw new LogStreamException(
                    "the hub has " + settings.maxSubscribers() + " subscribers, which is the limit:"
                            + " close some, or build it with a greater LogHub.Builder.maxSubscribers");
        }
    }

    void dismiss() {
        subscribers.decrementAndGet();
    }

    @Override
    public Subscription subscribe(Collection<Broadcaster> which, SubscribeOptions options, Subscriber subscriber) {
        if (which.isEmpty()) {
            throw new IllegalArgumentException("a merged subscription needs at least one stream");
        }
        Delivery viewer = new Delivery(engine, options, subscriber, true);
        addMerged(viewer, () -> {});
        try {
            for (Broadcaster broadcaster : which) {
                if (!(broadcaster instanceof Stream stream) || stream.hub() != this) {
                    throw new IllegalArgumentException("stream '" + broadcaster.id() + "' is of another hub");
                }
                stream.join(viewer, options);
            }
        } catch (RuntimeException e) {
            viewer.close();
            throw e;
        }
        viewer.viewing.complete(null);
        viewer.wake();
        return viewer;
    }

    @Override
    public Subscription subscribe(
            LogDiscovery discovery, StreamOptions streamOptions, SubscribeOptions options, Subscriber subscriber) {
        Delivery viewer = new Delivery(engine, options, subscriber, true);
        Discovering discovering = new Discovering(this, discovery, streamOptions, options, viewer);
        addMerged(viewer, discovering::close);
        discoveries.add(discovering);
        discovering.wake();
        return viewer;
    }

    /** Keeps a viewer that may have no stream, or be paused when its streams are closed, to close it with the hub. */
    private void addMerged(Delivery viewer, Runnable whenClosed) {
        viewer.viewing.growUntilComplete(() -> {
            merged.remove(viewer);
            whenClosed.run();
        });
        synchronized (streams) {
            checkOpen();
            merged.add(viewer);
        }
    }

    // ---- the rest

    @Override
    public Stats stats() {
        return new Stats(
                streams.size(),
                subscribers.get(),
                engine.budget().used(),
                engine.budget().limit,
                engine.delivery().threads(),
                engine.reading().threads(),
                engine.delivery().stuck() + engine.reading().stuck());
    }

    @Override
    public void close() {
        Deadline deadline = Deadline.in(Deadline.CLOSE);
        synchronized (streams) {
            closed = true;
        }
        merged.forEach(viewer -> viewer.closeWith(EndReason.of(EndReason.Kind.CLOSED, "")));
        List<Discovering> looking = List.copyOf(discoveries);
        looking.forEach(Discovering::close);
        List<Stream.Closing> closings = new ArrayList<>();
        for (Stream stream : List.copyOf(streams.values())) {
            closings.add(stream.beginClose());
        }
        closings.forEach(closing -> closing.await(deadline));
        if (!engine.isOwnThread()) {
            looking.forEach(discovering -> discovering.awaitEnd(deadline));
        }
        if (stopEngine != null) {
            stopEngine.run();
        }
        engine.delivery().close();
        engine.reading().close();
        if (!engine.isOwnThread()) {
            engine.delivery().awaitEnd(deadline);
            engine.reading().awaitEnd(deadline);
        }
    }
}
