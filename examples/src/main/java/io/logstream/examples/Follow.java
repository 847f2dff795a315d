package io.logstream.examples;

import io.logstream.BackpressurePolicy;
import io.logstream.Broadcaster;
import io.logstream.EndReason;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.ResumeToken;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import java.io.IOException;
import java.time.Duration;
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

    private final List<NamedSource> sources;
    private final SubscribeOptions options;
    private final boolean progress;
    private final Printer printer;
    private final @Nullable ResumeFile resume;

    /**
     * A run.
     *
     * @param progress whether a carriage return makes an update of the line
     * @param resume where to keep the places reached, or null
     */
    Follow(
            List<NamedSource> sources,
            SubscribeOptions options,
            boolean progress,
            Printer printer,
            @Nullable ResumeFile resume) {
        this.sources = sources;
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
                    .retainBytes(Math.min(MAX_HISTORY, Math.max(1 << 16, memory / 2 / sources.size())))
                    .allowBlock(BackpressurePolicy.FOREVER)
                    .carriageReturnUpdates(progress)
                    .build();
            List<Broadcaster> streams = sources.stream()
                    .map(source -> hub.open(source.id(), source.source(), streamOptions))
                    .toList();
            if (resume == null) {
                return watch(hub.subscribe(streams, options, printer), streams, () -> true);
            }
            Checkpoints checkpoints = new Checkpoints(printer, resume, System.err);
            Subscription subscription = hub.subscribe(streams, goingOn(resume, streams), checkpoints);
            checkpoints.begin(subscription);
            return watch(subscription, streams, checkpoints::save);
        }
    }

    private SubscribeOptions goingOn(ResumeFile file, List<Broadcaster> streams) {
        Map<String, ResumeToken> places =
                file.tokens(streams.stream().map(Broadcaster::id).toList());
        return places.isEmpty()
                ? options
                : options.toBuilder().replay(Replay.after(places)).build();
    }

    private int watch(Subscription subscription, List<Broadcaster> streams, Saving places) throws InterruptedException {
        Runnable stop = () -> {
            subscription.close();
            places.save();
        };
        Runtime.getRuntime().addShutdownHook(new Thread(stop, "logstream-stop"));
        while (!subscription.awaitEnd(SAVE_EVERY)) {
            places.save();
        }
        return places.save() ? exitCode(subscription, streams) : 1;
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
            case COMPLETED, CLOSED, HISTORY_COMPLETE, FAILED -> code;
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
