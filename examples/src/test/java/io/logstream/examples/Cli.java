package io.logstream.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The command as a process of its own. */
final class Cli implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** What a process has written so far. */
    static final class Lines {
        private final List<String> lines = new ArrayList<>();
        private boolean closed;

        private Lines read(InputStream in, String name) {
            Thread thread = new Thread(() -> run(in), name);
            thread.setDaemon(true);
            thread.start();
            return this;
        }

        private void run(InputStream in) {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    add(line);
                }
            } catch (IOException e) {
                // closed by the test
            }
            close();
        }

        private synchronized void add(String line) {
            lines.add(line);
            notifyAll();
        }

        private synchronized void close() {
            closed = true;
            notifyAll();
        }

        synchronized List<String> soFar() {
            return List.copyOf(lines);
        }

        synchronized int count() {
            return lines.size();
        }

        void awaitCount(int count) throws InterruptedException {
            await(count + " lines", lines -> lines.count() >= count);
        }

        /** For a part of an output, which may be shorter: then its last line ends it. */
        void awaitCountOrLast(int count, String part) throws InterruptedException {
            await(
                    count + " lines, or a last one with '" + part + "'",
                    lines -> lines.count() >= count || lines.tail().stream().anyMatch(line -> line.contains(part)));
        }

        void awaitLine(String part) throws InterruptedException {
            await("a line with '" + part + "'", lines -> lines.soFar().stream().anyMatch(line -> line.contains(part)));
        }

        /** For outputs with many lines, of which only the last few can be the one. */
        void awaitLast(String part) throws InterruptedException {
            await(
                    "a last line with '" + part + "'",
                    lines -> lines.tail().stream().anyMatch(line -> line.contains(part)));
        }

        private synchronized List<String> tail() {
            return List.copyOf(lines.subList(Math.max(0, lines.size() - 5), lines.size()));
        }

        private synchronized void await(String what, Predicate<Lines> condition) throws InterruptedException {
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (!condition.test(this)) {
                long left = end - System.nanoTime();
                if (closed || left <= 0) {
                    throw new AssertionError((closed ? "the output ended" : "time is up") + " before " + what + "; "
                            + count() + " lines, the last: "
                            + tail());
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }

        synchronized void awaitEnd() throws InterruptedException {
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (!closed && end - System.nanoTime() > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, end - System.nanoTime());
            }
        }
    }

    final Process process;
    final Lines out = new Lines();
    final Lines err = new Lines();

    private Cli(Process process) {
        this.process = process;
    }

    /** Starts the command and reads all it writes. */
    static Cli start(Object... args) throws IOException {
        Cli cli = new Cli(builder(List.of("-Xmx256m"), args).start());
        cli.out.read(cli.process.getInputStream(), "stdout");
        cli.err.read(cli.process.getErrorStream(), "stderr");
        return cli;
    }

    /** Starts the command with a variable in its environment. */
    static Cli startWith(String variable, String value, Object... args) throws IOException {
        ProcessBuilder builder = builder(List.of("-Xmx256m"), args);
        builder.environment().put(variable, value);
        Cli cli = new Cli(builder.start());
        cli.out.read(cli.process.getInputStream(), "stdout");
        cli.err.read(cli.process.getErrorStream(), "stderr");
        return cli;
    }

    /** Starts the command with an output that the test reads itself. */
    static Cli startUnread(Object... args) throws IOException {
        Cli cli = new Cli(builder(List.of("-Xmx256m"), args).start());
        cli.err.read(cli.process.getErrorStream(), "stderr");
        cli.out.close();
        return cli;
    }

    /** Starts the command with its output in a file. */
    static Cli startInto(Path output, List<String> jvm, Object... args) throws IOException {
        Cli cli = new Cli(builder(jvm, args).redirectOutput(output.toFile()).start());
        cli.err.read(cli.process.getErrorStream(), "stderr");
        cli.out.close();
        return cli;
    }

    private static ProcessBuilder builder(List<String> jvm, Object... args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvm);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.logstream.examples.Main"));
        for (Object arg : args) {
            command.add(arg.toString());
        }
        return new ProcessBuilder(command);
    }

    /** Waits for the end of the process and of all it wrote, and returns its exit code. */
    int exitCode() throws InterruptedException {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("the command did not end");
        }
        out.awaitEnd();
        err.awaitEnd();
        return process.exitValue();
    }

    /** Sends a signal, as from the keyboard. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    /** Ends the process as {@code kill -9} does. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        exitCode();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
