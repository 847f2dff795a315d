package io.logstream.benchmarks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Processes that are measured, and a directory for their files. Each is ended when its time is over; all that are left are
 * ended, and the directory is removed, with {@link #close()} or when this JVM is told to end.
 */
final class Children implements AutoCloseable {
    private static final int TOLD_BYTES = 300;
    private static final int CLEAN_ATTEMPTS = 50;
    private static final long CLEAN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Set<Process> running = ConcurrentHashMap.newKeySet();
    private final Path directory;
    private volatile boolean closed;
    private final Thread hook = new Thread(this::clean, "clean");
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "patience");
        thread.setDaemon(true);
        return thread;
    });

    /** One process. What it says on its standard error output is kept, and told when it fails. */
    final class Child implements AutoCloseable {
        private final Process process;
        private final String name;
        private final Path errors;
        private final BufferedReader said;
        private volatile boolean late;

        private Child(Process process, String name, Path errors, Duration patience) {
            this.process = process;
            this.name = name;
            this.errors = errors;
            this.said = process.inputReader(StandardCharsets.UTF_8);
            var unused = timer.schedule(this::giveUp, patience.toMillis(), TimeUnit.MILLISECONDS);
        }

        private void giveUp() {
            late = process.isAlive();
            end(process);
        }

        long pid() {
            return process.pid();
        }

        /** It and all that it has started. */
        List<ProcessHandle> descendants() {
            return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                    .toList();
        }

        /** The standard output as bytes, for those who do not use {@link #answer}. */
        InputStream output() {
            return process.getInputStream();
        }

        /**
         * The next line of its standard output, which begins with a word.
         *
         * @return what follows the word, by blanks
         */
        String[] answer(String word) throws IOException {
            String line = said.readLine();
            if (line == null || !line.startsWith(word)) {
                throw failure(line == null ? "ended without an answer" : line);
            }
            return line.substring(word.length()).strip().split(" +");
        }

        /** Why it did not do what it should. */
        IOException failure(String what) throws IOException {
            String all = Files.readString(errors).strip();
            return new IOException(name + ": " + (late ? "took far too long" : what)
                    + (all.isEmpty() ? "" : ": " + all.substring(0, Math.min(TOLD_BYTES, all.length()))));
        }

        /** Ends it. */
        @Override
        public void close() {
            end(process);
            running.remove(process);
        }
    }

    Children() throws IOException {
        directory = Files.createTempDirectory("logstream-benchmark");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** A place for a new file. */
    Path file(String name) {
        return directory.resolve(name);
    }

    /** Starts a program. */
    Child program(Duration patience, String... command) throws IOException {
        Path errors = Files.createTempFile(directory, "said", ".txt");
        return child(new ProcessBuilder(command).redirectError(errors.toFile()).start(), command[0], errors, patience);
    }

    /** Starts a main class of the benchmarks in a JVM of its own. */
    Child java(Duration patience, List<String> options, Class<?> main, Object... arguments) throws IOException {
        List<String> command = command(options, main, arguments);
        return program(patience, command.toArray(String[]::new));
    }

    /** Starts a program and a main class that reads what the program writes; both end together. */
    List<Child> pipe(Duration patience, List<String> program, Class<?> main, Object... arguments) throws IOException {
        Path errors = Files.createTempFile(directory, "said", ".txt");
        Redirect said = Redirect.appendTo(errors.toFile());
        List<Process> started = ProcessBuilder.startPipeline(List.of(
                new ProcessBuilder(program).redirectError(said),
                new ProcessBuilder(command(List.of(), main, arguments)).redirectError(said)));
        return List.of(
                child(started.get(0), program.get(0), errors, patience),
                child(started.get(1), program.get(0), errors, patience));
    }

    /** What runs a main class of the benchmarks in a JVM of its own. */
    static List<String> command(List<String> options, Class<?> main, Object... arguments) {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        return command;
    }

    private Child child(Process process, String name, Path errors, Duration patience) {
        running.add(process);
        if (closed) {
            end(process);
        }
        return new Child(process, name, errors, patience);
    }

    private static void end(Process process) {
        process.destroyForcibly(); // this process and no other
        process.onExit()
                .orTimeout(1, TimeUnit.SECONDS)
                .exceptionally(e -> process)
                .join();
    }

    @Override
    public void close() {
        timer.shutdownNow();
        clean();
        Runtime.getRuntime().removeShutdownHook(hook);
    }

    /** While somebody still writes files, as when this JVM is told to end, it needs several attempts. */
    private void clean() {
        closed = true;
        running.forEach(Children::end);
        for (int attempt = 1; Files.exists(directory); attempt++) {
            try {
                remove();
            } catch (IOException | UncheckedIOException e) {
                if (attempt == CLEAN_ATTEMPTS) {
                    System.err.println("benchmarks: remove " + directory + " yourself: " + e);
                    return;
                }
                LockSupport.parkNanos(CLEAN_PAUSE_NANOS);
            }
        }
    }

    private void remove() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
