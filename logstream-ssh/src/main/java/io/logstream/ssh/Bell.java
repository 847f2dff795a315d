package io.logstream.ssh;

import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rings when a file on the host is written, as a {@code tail} there tells. What that prints is thrown away: the bytes come over
 * SFTP, so nothing depends on it, and where no {@code tail} runs the file is looked at as often as without.
 *
 * <p>The path goes to the input of the shell, and so does the script, as some login shells understand an exclamation mark even
 * between quotes. The script waits for the end of its input, which comes with the end of the channel, of the connection or of
 * this process, and ends {@code tail} then: nothing stays behind. It ends with {@code tail}, too, so that another one is started.
 * What a shell starts in the background reads nothing unless it is told what: hence the third descriptor. Threadsafe.
 */
final class Bell implements Exec.Sink, Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(Bell.class);

    /** What the shell is started with, besides its own name. */
    static final List<String> ARGUMENTS = List.of("-c", "IFS= read -r file; IFS= read -r script; eval \"$script\"");

    private static final String LINE = CommandLine.of(List.of("/bin/sh", ARGUMENTS.get(0), ARGUMENTS.get(1)));
    private static final String SCRIPT = "exec 3<&0; tail -n 0 -F -- \"$file\" 3<&- & tail=$!; "
            + "{ read -r end <&3; kill $tail; } >/dev/null 2>&1 & reader=$!; "
            + "wait $tail; status=$?; kill $reader 2>/dev/null; exit $status";

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    /** A log that grows by more than so many bytes a second is always found written: it needs no bell. */
    private static final long BUSY = 1 << 20;

    private final Sftp sftp;
    private final String path;
    private final Runnable ring;
    private final Backoff pauses = new Backoff(Duration.ofSeconds(1), LONGEST_PAUSE);
    private @Nullable Runnable ending;
    private boolean told;
    private boolean closed;
    private boolean resting;
    private long begunAt;
    private long second;
    private long inSecond;

    /**
     * A bell that will ring, if it can.
     *
     * @param ring run when the file was written, and sometimes besides; by a thread that must not be held up
     */
    Bell(Sftp sftp, String path, Runnable ring) {
        this.sftp = sftp;
        this.path = path.startsWith("/") ? path : "./" + path; // no path looks like an option, or like standard input
        this.ring = ring;
        if (path.indexOf('\n') >= 0) {
            closed = true; // it can't be told in a line
        } else {
            start();
        }
    }

    /** What the shell reads. */
    static byte[] input(String path) {
        return (path + '\n' + SCRIPT + '\n').getBytes(StandardCharsets.UTF_8);
    }

    private void start() {
        synchronized (this) {
            resting = false;
            begunAt = System.nanoTime();
            if (closed || !sftp.isOpen()) {
                return;
            }
        }
        Runnable begun = sftp.commands().start(LINE, input(path), true, this);
        boolean tooLate;
        synchronized (this) {
            tooLate = closed;
            ending = begun;
        }
        if (tooLate) {
            begun.run();
        }
    }

    @Override
    public void out(byte[] bytes, int offset, int length) {
        long now = System.nanoTime();
        Runnable tooBusy = null;
        synchronized (this) {
            if (now - second >= Duration.ofSeconds(1).toNanos()) {
                second = now;
                inSecond = 0;
            }
            inSecond += length;
            if (inSecond >= BUSY && !resting && ending != null) {
                resting = true;
                tooBusy = ending;
            }
        }
        ring.run();
        if (tooBusy != null) {
            tooBusy.run();
        }
    }

    /** It tells that the file was replaced or cut, or is not there, or that it does not run at all. */
    @Override
    public void errors(byte[] bytes, int offset, int length) {
        LOG.debug("{}: {}", sftp, Text.shown(new String(bytes, offset, length, StandardCharsets.UTF_8)));
        ring.run();
    }

    @Override
    public void ended(int status, @Nullable Exception lost) {
        boolean tell;
        Duration until;
        synchronized (this) {
            if (closed || !sftp.isOpen()) {
                return;
            }
            if (System.nanoTime() - begunAt >= LONGEST_PAUSE.toNanos()) {
                pauses.reset();
                told = false;
            }
            tell = !resting && !told;
            told |= tell;
            until = pauses.next();
        }
        if (tell) {
            LOG.warn(
                    "{}: no tail follows {}, so it is looked at now and then only: {}",
                    sftp,
                    Text.escaped(path),
                    lost == null ? "exit status " + status : lost.getMessage());
        }
        Future<?> unused = Watch.after(until, this::start);
    }

    @Override
    public void close() {
        Runnable open;
        synchronized (this) {
            closed = true;
            open = ending;
        }
        if (open != null) {
            open.run();
        }
    }
}
