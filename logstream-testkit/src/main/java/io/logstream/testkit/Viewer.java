package io.logstream.testkit;

import io.logstream.Broadcaster;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogCursor;
import io.logstream.LogEntry;
import io.logstream.LogLine;
import io.logstream.ResumeToken;
import io.logstream.SubscribeOptions;
import io.logstream.Subscription;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/** A viewer of the source under test through a hub, which checks the hub's promises with every entry. */
final class Viewer implements AutoCloseable {
    private final Content content;
    private final LogCursor cursor;
    private final Duration patience;
    private long next = -1;
    private long gaps;

    /** A viewer that adds what it gets to some content. */
    Viewer(Broadcaster stream, SubscribeOptions options, Content content, Duration patience) {
        this.content = content;
        this.cursor = stream.tail(options);
        this.patience = patience;
    }

    /** Takes entries until something is there. The patience begins anew with every entry. */
    void until(String what, BooleanSupplier enough) throws InterruptedException {
        while (!enough.getAsBoolean()) {
            LogEntry entry = cursor.await(patience);
            check(entry != null, what + " within " + patience, "nothing; " + cursor.end() + ", " + cursor.stats());
            take(Objects.requireNonNull(entry));
        }
    }

    /** Takes entries until as much as was expected is there, and compares it. */
    void untilSame(String what, Content expected) throws InterruptedException {
        until(what + ", which has " + expected.size() + " bytes", () -> content.reaches(expected));
        content.assertSame(what, expected);
    }

    /** Takes all entries up to the end. */
    EndReason untilEnd() throws InterruptedException {
        for (LogEntry entry = cursor.await(patience); entry != null; entry = cursor.await(patience)) {
            take(entry);
        }
        check(cursor.end().isPresent(), "an end within " + patience, "nothing; " + cursor.stats());
        return cursor.end().orElseThrow();
    }

    private void take(LogEntry entry) {
        if (entry instanceof LogLine line) {
            check(next < 0 || line.sequence() == next, "the line after sequence " + (next - 1), line.sequence());
            next = line.sequence() + 1;
            byte[] bytes = new byte[line.length()];
            line.copyTo(bytes, 0);
            content.add(line.channel(), bytes);
            content.add(line.channel(), terminator(line.ending()));
        } else if (entry instanceof Gap gap) {
            gaps++;
            check(gap.reason().isUpstream(), "no gap for a viewer that keeps up", gap);
        }
        Subscription.Stats stats = cursor.stats();
        long accounted = stats.delivered() + stats.filtered() + stats.lost();
        check(accounted == stats.position() - stats.joined(), "an account that is balanced", stats);
    }

    private static void check(boolean right, String expected, Object actual) {
        if (!right) {
            throw new AssertionError("expected " + expected + ", got " + actual);
        }
    }

    private static byte[] terminator(LogLine.Ending ending) {
        return switch (ending) {
            case LF, IMPLIED -> new byte[] {'\n'};
            case CRLF -> new byte[] {'\r', '\n'};
            case CR -> new byte[] {'\r'};
            case NONE -> new byte[0];
        };
    }

    /** How many gaps have come. */
    long gaps() {
        return gaps;
    }

    /** The place after the last entry taken. */
    ResumeToken token(String stream) {
        return Objects.requireNonNull(cursor.tokens().get(stream), "the stream has no token");
    }

    @Override
    public void close() {
        cursor.close();
    }
}
