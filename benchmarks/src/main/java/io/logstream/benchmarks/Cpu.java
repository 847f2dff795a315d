package io.logstream.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Processor time, user and system together, that processes have used. */
final class Cpu {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    /**
     * What a process has used until now, as far as its threads are still there.
     *
     * @param nanos processor time by thread, its id and its name
     */
    record Threads(Map<String, Long> nanos) {
        long sum() {
            return nanos.values().stream().mapToLong(n -> n).sum();
        }

        /** Those that compile Java. */
        Threads compilers() {
            Map<String, Long> compilers = new HashMap<>(nanos);
            compilers.keySet().removeIf(name -> !name.contains("Compiler"));
            return new Threads(compilers);
        }

        /** How many threads logstream has, by their names. */
        int ours() {
            return (int) nanos.keySet().stream()
                    .filter(name -> name.contains(" logstream-"))
                    .count();
        }

        /** What these threads, and those that have come since, have used after another look; ended ones count for nothing. */
        long since(Threads before) {
            return nanos.entrySet().stream()
                    .mapToLong(now -> now.getValue() - before.nanos.getOrDefault(now.getKey(), 0L))
                    .sum();
        }
    }

    private Cpu() {}

    /** Nanoseconds that all threads of this JVM have used, those that have ended included; to 10 ms. */
    static long ofThisProcess() {
        return SYSTEM.getProcessCpuTime();
    }

    /** Nanoseconds that this thread has used. */
    static long ofThisThread() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /**
     * What another process has used.
     *
     * @throws IOException if it is not there, or this is not Linux
     */
    static Threads of(long pid) throws IOException {
        Map<String, Long> nanos = new HashMap<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path task : tasks) {
                try {
                    String stat = Files.readString(task.resolve("schedstat")); // nanoseconds, and more behind a blank
                    String name = task.getFileName() + " " + Files.readString(task.resolve("comm"));
                    nanos.put(name, Long.parseLong(stat, 0, stat.indexOf(' '), 10));
                } catch (NoSuchFileException e) {
                    // the thread has ended
                }
            }
        }
        if (nanos.isEmpty()) {
            throw new IOException("this Linux does not tell the processor time of process " + pid);
        }
        return new Threads(nanos);
    }
}
