package io.logstream.slurm;

import io.logstream.Gap;
import io.logstream.LogStreamException;
import io.logstream.SourceEvent;
import io.logstream.SourceEvent.Kind;
import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import io.logstream.spi.TimeSource.Alarm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a log from a server, part by part. Each part is asked for with up to 64 bytes before it, which must be those that were
 * read there: so a log that was cut, and grew again past the place, is found out too. As what is between the server and the log
 * may show it shorter for a moment, such an answer counts when it comes twice.
 *
 * <pre>{@code
 *   ask -> (answer comes: wake) -> compare -> hand over as there is room -> a whole part? ask at once : ask in a poll interval
 * }</pre>
 *
 * <p>Called by one thread at a time; answers come on others, {@link #close} may.
 */
final class HttpChunkReader implements LogReader {
    /** How long the pauses between refusals are at least, the first one twice that: five are half a minute. */
    private static final long LEAST_PAUSE = Duration.ofSeconds(1).toNanos();

    private final HttpChunkSource source;
    private final HttpChunks server;
    private final SourceContext context;
    private final Poller.@Nullable Watch watch;
    private final @Nullable JobLife life;
    private final boolean isPlaceGiven;
    private volatile @Nullable CompletableFuture<HttpChunk> asked;
    private volatile boolean isClosed;

    private HttpPlace place = HttpPlace.BEGINNING;
    private byte[] window = new byte[0];
    private ByteBuffer rest = ByteBuffer.allocate(0);
    private boolean isBegun;
    private boolean isMissingTold;
    private boolean wasThere;
    private boolean isDoubted;
    private int refusals;
    private boolean mayHaveMore = true;
    /** Whether an answer had far less than one before, though the log may go on: so all that was there is read. */
    private boolean isHistoryRead;

    private int longest;
    private boolean isComplete;
    private long askedAt;
    private long nextAt;
    private long overSince = Long.MAX_VALUE;
    private long quietSince;
    private @Nullable SlurmJob job;

    HttpChunkReader(HttpChunkSource source, SourceContext context, Poller.@Nullable Watch watch, Start start) {
        this.source = source;
        this.server = source.server();
        this.context = context;
        this.watch = watch;
        this.life = watch == null ? null : new JobLife(source.job());
        this.isPlaceGiven = start instanceof Start.At;
    }

    // ---- where it begins

    void begin(Start start) throws IOException, InterruptedException {
        if (watch != null) {
            Poller.Known first = watch.await();
            first.checkRefusal(isPlaceGiven);
            JobId id = source.id();
            if (id.isWhole() && first.jobs().stream().anyMatch(one -> one.arrayId() == id.job())) {
                throw new LogStreamException("job " + id + " is an array: follow one of its tasks, as " + id + "_1");
            }
        }
        if (start instanceof Start.At at) {
            place = HttpPlace.parse(at.position());
        } else if (server.hasRanges() && start instanceof Start.End) {
            place = before(Math.max(0, fetch(0, 1).total()));
        } else if (server.hasRanges() && start instanceof Start.Last last) {
            place = before(last(last.lines(), Math.max(0, fetch(0, 1).total())));
        }
        nextAt = context.time().nanoTime();
        quietSince = nextAt;
    }

    /** The place at an offset, known by the bytes before it. */
    private HttpPlace before(long offset) throws IOException, InterruptedException {
        int known = (int) Math.min(HttpPlace.MOST, offset);
        return known == 0 ? HttpPlace.BEGINNING : HttpPlace.behind(offset - known, all(offset - known, known));
    }

    /** Where the last lines begin of so many bytes. */
    private long last(int lines, long end) throws IOException, InterruptedException {
        int found = 0;
        long at = end;
        while (at > 0) {
            int length = (int) Math.min(source.chunkBytes(), at);
            byte[] bytes = all(at - length, length);
            for (int i = length - 1; i >= 0; i--) {
                boolean isEnd = at - length + i == end - 1;
                if (bytes[i] == '\n' && !isEnd && ++found == lines) {
                    return at - length + i + 1;
                }
            }
            at -= length;
        }
        return 0;
    }

    private byte[] all(long from, int length) throws IOException, InterruptedException {
        byte[] bytes = fetch(from, length).bytes();
        if (bytes.length < length) {
            throw new IOException(server.shown() + " was cut while it was read");
        }
        return bytes;
    }

    private HttpChunk fetch(long from, int length) throws IOException, InterruptedException {
        CompletableFuture<HttpChunk> answer = server.get(from, length);
        try {
            return answer.get(source.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw failure(e);
        } catch (TimeoutException e) {
            throw late(e);
        } finally {
            answer.cancel(true);
        }
    }

    /** Throws what is no failure of the network. */
    private static IOException failure(Throwable thrown) {
        Throwable cause = thrown;
        while ((cause instanceof ExecutionException
                        || cause instanceof CompletionException
                        || cause instanceof UncheckedIOException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof RuntimeException refusal) {
            throw refusal;
        }
        return cause instanceof IOException failed
                ? failed
                : new IOException(String.valueOf(cause.getMessage()), cause);
    }

    // ---- reading

    @Override
    public Outcome read(LineSink sink) throws IOException {
        if (isClosed) {
            throw new IOException("the reader of " + server.shown() + " is closed");
        }
        long now = context.time().nanoTime();
        if (!isBegun && !isPlaceGiven) {
            sink.position(place.position());
        }
        isBegun = true;
        CompletableFuture<HttpChunk> answer = asked;
        if (answer != null && answer.isDone()) {
            asked = null;
            answered(answer, sink, now);
        }
        if (rest.hasRemaining()) {
            handOver(sink);
            quietSince = now;
            if (rest.hasRemaining()) {
                return Outcome.MORE;
            }
        }
        follow(sink, now);
        if (isComplete || isEnded(now)) {
            tellEnd(sink);
            return Outcome.END;
        }
        if (asked == null && now >= nextAt) {
            ask(now);
        } else if (asked == null) {
            context.wakeWithin(Duration.ofNanos(nextAt - now));
        }
        return isHistoryRead || !mayHaveMore ? Outcome.WAIT : Outcome.PENDING;
    }

    private void answered(CompletableFuture<HttpChunk> answer, LineSink sink, long now) throws IOException {
        HttpChunk chunk;
        try {
            chunk = result(answer);
        } catch (HttpChunks.Refused e) {
            boolean wasOpen = isPlaceGiven || wasThere;
            if (!wasOpen || ++refusals >= Poller.MOST_REFUSALS) {
                throw e;
            }
            mayHaveMore = true; // a token may be just being renewed
            nextAt = now + Poller.pause(refusals, Math.max(source.pollInterval().toNanos(), LEAST_PAUSE));
            return;
        }
        refusals = 0;
        take(chunk, sink, now);
    }

    private HttpChunk result(CompletableFuture<HttpChunk> answer) throws IOException {
        try {
            return answer.join();
        } catch (CancellationException e) {
            throw late(e);
        } catch (CompletionException e) {
            throw failure(e);
        }
    }

    private IOException late(Throwable cause) {
        return new IOException(server.shown() + " did not answer within " + source.timeout(), cause);
    }

    private void ask(long now) {
        askedAt = now;
        CompletableFuture<HttpChunk> answer =
                server.get(place.offset() - place.known(), source.chunkBytes() + place.known());
        asked = answer;
        Alarm late = context.time().after(source.timeout(), () -> answer.cancel(true)); // its connection too
        CompletableFuture<HttpChunk> unused = answer.whenComplete((chunk, failure) -> {
            late.cancel();
            context.wake();
        });
        if (isClosed) {
            answer.cancel(true);
        }
    }

    private void take(HttpChunk chunk, LineSink sink, long now) throws IOException {
        nextAt = now + source.pollInterval().toNanos();
        mayHaveMore = false;
        if (chunk.isMissing()) {
            missing(sink);
            isComplete = chunk.isComplete();
            return;
        }
        if (isMissingTold) {
            isMissingTold = false;
            sink.event(SourceEvent.of(Kind.APPEARED, server.shown()));
        }
        wasThere = true;
        boolean isCut = (chunk.total() >= 0 && chunk.total() < place.offset()) || !place.isBehind(chunk.bytes());
        if (isCut) {
            cut(sink, now);
            return;
        }
        isDoubted = false;
        int known = place.known();
        window = new byte[known];
        System.arraycopy(chunk.bytes(), 0, window, 0, known);
        rest = ByteBuffer.wrap(chunk.bytes(), known, chunk.bytes().length - known);
        boolean isAllRead = chunk.total() < 0
                ? !rest.hasRemaining() // a server may give less than it was asked for
                : chunk.total() <= place.offset() + rest.remaining();
        mayHaveMore = chunk.isWhole() || !isAllRead;
        int length = chunk.bytes().length;
        isHistoryRead |= !mayHaveMore || (chunk.total() < 0 && !chunk.isWhole() && 2L * length < longest);
        longest = Math.max(longest, length);
        if (mayHaveMore && rest.hasRemaining()) {
            nextAt = now;
        }
        isComplete = !mayHaveMore && (chunk.isComplete() || !source.follows());
    }

    private void missing(LineSink sink) {
        if (!source.follows()) {
            throw new LogStreamException("there is no log at " + server.shown());
        }
        if (!isMissingTold) {
            isMissingTold = true;
            sink.event(SourceEvent.of(wasThere ? Kind.DISAPPEARED : Kind.WAITING, server.shown() + " is not there"));
        }
    }

    /** What is there is not what was read; the second time that is believed. */
    private void cut(LineSink sink, long now) {
        if (!isDoubted) {
            isDoubted = true;
            mayHaveMore = true;
            return;
        }
        isDoubted = false;
        mayHaveMore = true;
        nextAt = now;
        place = HttpPlace.BEGINNING;
        sink.event(SourceEvent.of(Kind.TRUNCATED, server.shown() + " was cut, and is read from its beginning"));
        sink.gap(-1, Gap.Reason.TRUNCATED); // nobody knows what came behind the place before
        sink.position(place.position());
    }

    private void handOver(LineSink sink) {
        int length = Math.min(rest.remaining(), Math.max(1, sink.room()));
        byte[] some = new byte[length];
        rest.get(some);
        byte[] known = new byte[Math.min(HttpPlace.MOST, window.length + length)];
        for (int i = 0; i < known.length; i++) {
            int at = length - known.length + i;
            known[i] = at >= 0 ? some[at] : window[window.length + at];
        }
        window = known;
        place = HttpPlace.behind(place.offset() + length - known.length, known);
        sink.bytes(source.channel(), ByteBuffer.wrap(some), LineSink.NO_TIME);
        sink.position(place.position());
    }

    // ---- the job

    private void follow(LineSink sink, long now) {
        if (watch == null || life == null) {
            return;
        }
        Poller.Known known = watch.known();
        SlurmJob found = source.id().in(known.jobs());
        job = found == null ? job : found;
        life.events(known, job).forEach(sink::event);
        known.checkLongRefusal();
        SlurmJob last = job;
        boolean isOver = known.isGone() || (last != null && last.isOver());
        overSince = !isOver ? Long.MAX_VALUE : Math.min(overSince, now);
    }

    /** Whether the job is over, nothing came for the settle time, and the server was asked since. */
    private boolean isEnded(long now) {
        if (overSince == Long.MAX_VALUE || asked != null || mayHaveMore) {
            return false;
        }
        long settled = Math.max(overSince, quietSince) + source.settleTime().toNanos();
        if (now < settled) {
            nextAt = Math.min(nextAt, settled);
        }
        return askedAt >= settled;
    }

    private void tellEnd(LineSink sink) {
        if (life != null && overSince != Long.MAX_VALUE) {
            sink.event(life.finished(job, wasThere ? "" : "; there is no log at " + server.shown()));
        }
    }

    @Override
    public void close() {
        isClosed = true;
        CompletableFuture<HttpChunk> answer = asked;
        if (answer != null) {
            answer.cancel(true);
        }
        if (watch != null) {
            watch.close();
        }
    }
}
