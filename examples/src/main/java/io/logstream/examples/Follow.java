package io.logstream.examples;

import io.logstream.BackpressurePolicy;
import io.logstream.Broadcaster;
import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscriber;
import io.logstream.Subscription;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One run of {@code follow}: from the subscription to the exit code. */
final class Follow {

    /** Keeps the places reached. */
    private interface Saving {
        boolean save();
    }

    private static final Duration SAVE_EVERY = Duration.ofMillis(200);
    private static final long MAX_HISTORY = 10L << 20;
    private static final int FILES_OF_A_PATTERN = 200;

    private final List<NamedSource> sources;
    private final SubscribeOptions options;
    private final boolean progress;
    private final Printer printer;
    private final @Nullable ResumeFile resume;
    private final Map<String, String> kinds;
    private final boolean discovering;

    /**
     * A run.
     *
     * @param kinds where the kind of each stream is put; threadsafe
     * @param progress whether a carriage return makes an update of the line
     * @param resume where to keep the places reached, or null
     */
    Follow(
            List<NamedSource> sources,
            Map<String, String> kinds,
            SubscribeOptions options,
            boolean progress,
            Printer printer,
            @Nullable ResumeFile resume) {
        this.sources = sources;
        this.kinds = kinds;
        this.discovering = sources.stream().anyMatch(source -> source.discovery() != null);
        this.options = options;
        this.progress = progress;
        this.printer = printer;
        this.resume = resume;
    }

    /** Follows to the end, and returns the exit code. */
    int run() throws InterruptedException {
        long memory = Math.min(100L << 20, Runtime.getRuntime().maxMemory() / 4);
        try (LogHub hub = LogHub.builder().memoryBytes(memory).build()) {
            // Half of the memory for all of them: a stream that is blocked must not lose its history to the others.
            StreamOptions streamOptions = StreamOptions.builder()
                    .retainBytes(Math.min(MAX_HISTORY, Math.max(1 << 16, memory / 2 / expectedStreams())))
                    .allowBlock(BackpressurePolicy.FOREVER)
                    .carriageReturnUpdates(progress)
                    .build();
            if (resume == null) {
                return watch(hub, subscribe(hub, streamOptions, options, printer), () -> true);
            }
            Checkpoints checkpoints = new Checkpoints(printer, resume, System.err);
            Subscription subscription = subscribe(hub, streamOptions, goingOn(resume), checkpoints);
            checkpoints.begin(subscription);
            return watch(hub, subscription, checkpoints::save);
        }
    }

    /** How many files a pattern has is not known before. */
    private long expectedStreams() {
        return sources.stream()
                .mapToLong(source -> source.discovery() == null ? 1 : FILES_OF_A_PATTERN)
                .sum();
    }

    private Subscription subscribe(
            LogHub hub, StreamOptions streamOptions, SubscribeOptions subscribeOptions, Subscriber viewer) {
        if (discovering) {
            return hub.subscribe(new AllSources(sources, kinds), streamOptions, subscribeOptions, viewer);
        }
        List<Broadcaster> streams = new ArrayList<>();
        for (NamedSource one : sources) {
            if (one.source() != null) {
                kinds.put(one.id(), one.kind());
                streams.add(hub.open(one.id(), one.source(), streamOptions));
            }
        }
        return hub.subscribe(streams, subscribeOptions, viewer);
    }

    private SubscribeOptions goingOn(ResumeFile file) {
        Map<String, ResumeToken> places = file.tokens(this::isOurs);
        return places.isEmpty()
                ? options
                : options.toBuilder().replay(Replay.after(places)).build();
    }

    /** Whether a stream may be one of those that are followed; what a pattern finds begins as the pattern does. */
    private boolean isOurs(String stream) {
        return sources.stream()
                .anyMatch(source -> source.discovery() == null
                        ? stream.equals(source.id())
                        : stream.startsWith(Sources.literalBeginning(source.id())));
    }

    private int watch(LogHub hub, Subscription subscription, Saving places) throws InterruptedException {
        Runnable stop = () -> {
            subscription.close();
            places.save();
        };
        Runtime.getRuntime().addShutdownHook(new Thread(stop, "logstream-stop"));
        while (!subscription.awaitEnd(SAVE_EVERY)) {
            places.save();
        }
        return places.save() ? exitCode(subscription, hub.streams()) : 1;
    }

    private int exitCode(Subscription subscription, List<Broadcaster> streams) {
        EndReason end = subscription.end().orElseThrow();
        IOException failure = printer.failure();
        if (failure != null) {
            return isClosedPipe(failure) ? 0 : fail("the output can't be written: " + UserError.reason(failure));
        }
        int code = 0;
        for (Broadcaster stream : streams) {
            EndReason reason = stream.end().orElse(end);
            if (reason.kind() == EndReason.Kind.FAILED) {
                code = fail(stream.id() + ": " + reason.message());
            }
        }
        return switch (end.kind()) {
            case COMPLETED, CLOSED, HISTORY_COMPLETE -> code;
            case FAILED -> code == 0 ? fail(end.message()) : code;
            case TOO_SLOW, SUBSCRIBER_FAILED -> fail(end.toString());
        };
    }

    /** Whoever read the output has had enough: no failure. The operating system may say so in another language. */
    private static boolean isClosedPipe(IOException e) {
        return UserError.reason(e).toLowerCase(Locale.ROOT).contains("pipe");
    }

    private static int fail(String message) {
        System.err.println("logstream: " + TerminalSanitizer.sanitize(message));
        return 1;
    }
}
