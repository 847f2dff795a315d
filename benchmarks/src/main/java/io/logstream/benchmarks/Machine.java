package io.logstream.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** What the figures were measured on. */
final class Machine {
    private Machine() {}

    /** Processor, Java, and how busy the machine is before anything is measured. */
    static String describe() {
        return String.format(
                Locale.ROOT,
                "on %d x %s, %s %s, Java %s (%s), load before %.1f",
                Runtime.getRuntime().availableProcessors(),
                processor().orElse(System.getProperty("os.arch")),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                Runtime.version(),
                System.getProperty("java.vm.name"),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static Optional<String> processor() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
