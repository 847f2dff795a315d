package io.logstream.examples;

import io.logstream.Broadcaster;
import io.logstream.LogFilter;
import io.logstream.LogHub;
import io.logstream.Replay;
import io.logstream.StreamOptions;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import io.logstream.file.FileSource;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** The command {@code demo}: one log that grows, read once, and three viewers of different pace. */
@Command(name = "demo", description = "Writes a live log to a temporary folder and shows three viewers of it.")
final class DemoCommand implements Callable<Integer> {
    private static final int SECONDS = 5;
    private static final int LINES_PER_SECOND = 300;
    private static final int RETAINED = 250;
    private static final int SLOW_MILLIS = 10;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("logstream-demo-");
        Path log = Files.createFile(folder.resolve("app.log"));
        folder.toFile().deleteOnExit();
        log.toFile().deleteOnExit(); // before the folder
        try (LogHub hub = LogHub.create();
                Writer writer = Files.newBufferedWriter(log)) {
            return show(hub, log, writer);
        }
    }

    private static int show(LogHub hub, Path log, Writer writer) throws IOException, InterruptedException {
        System.out.printf("""
                A program writes %d lines a second to %s.
                The file is read once, the last %d lines are kept, and three viewers watch:
                  all     takes every line
                  errors  takes lines of level ERROR
                  slow    takes every line and needs %d ms for each

                """, LINES_PER_SECOND, log, RETAINED, SLOW_MILLIS);
        Broadcaster stream = hub.open(
                "app.log",
                FileSource.of(log),
                StreamOptions.builder().retainLines(RETAINED).build());
        SubscribeOptions options =
                SubscribeOptions.builder().replay(Replay.all()).batchLines(25).build();
        SubscribeOptions errors = options.toBuilder()
                .filter(LogFilter.level(LogFilter.Level.ERROR))
                .build();
        Map<String, Subscription> viewers = new LinkedHashMap<>();
        viewers.put("all", stream.subscribe(options, new DemoViewer("all", 0, false)));
        viewers.put("errors", stream.subscribe(errors, new DemoViewer("errors", 0, true)));
        viewers.put("slow", stream.subscribe(options, new DemoViewer("slow", SLOW_MILLIS, false)));

        for (int second = 1; second <= SECONDS; second++) {
            write(writer, (second - 1) * LINES_PER_SECOND);
            System.out.printf(
                    "  %d s: %d written; delivered to %s; slow is %d behind%n",
                    second,
                    second * LINES_PER_SECOND,
                    viewers.entrySet().stream()
                            .map(v -> v.getKey() + " " + v.getValue().stats().delivered())
                            .collect(Collectors.joining(", ")),
                    viewers.get("slow").stats().lag());
        }
        long written = SECONDS * LINES_PER_SECOND;
        for (Subscription viewer : viewers.values()) {
            while (viewer.stats().position() < written && viewer.end().isEmpty()) {
                Thread.sleep(20);
            }
        }
        return account(viewers) && stream.stats().tail() == written ? 0 : 1;
    }

    /** Writes the lines of one second, a few at a time. */
    private static void write(Writer writer, int first) throws IOException, InterruptedException {
        for (int i = first; i < first + LINES_PER_SECOND; i++) {
            String what = i % LINES_PER_SECOND == 200 ? "ERROR disk is full" : "INFO request served";
            writer.write(Instant.now() + " " + what + ", number " + i + "\n");
            if (i % 3 == 2) {
                writer.flush();
                Thread.sleep(10);
            }
        }
    }

    private static boolean account(Map<String, Subscription> viewers) {
        System.out.printf(
                "%n%-8s %8s %11s %10s %6s %10s%n", "viewer", "joined", "delivered", "filtered", "lost", "position");
        boolean exact = true;
        for (Map.Entry<String, Subscription> viewer : viewers.entrySet()) {
            Subscription.Stats s = viewer.getValue().stats();
            long sum = s.joined() + s.delivered() + s.filtered() + s.lost();
            exact &= sum == s.position();
            System.out.printf(
                    "%-8s %8d + %9d + %8d + %4d = %8d%s%n",
                    viewer.getKey(),
                    s.joined(),
                    s.delivered(),
                    s.filtered(),
                    s.lost(),
                    s.position(),
                    sum == s.position() ? "" : " but the sum is " + sum);
        }
        System.out.println(exact ? "Every line is accounted for." : "THE ACCOUNT IS WRONG.");
        return exact;
    }
}
