package io.logstream.slurm;

import io.logstream.LogStreamException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The parts of one log that a server has. Each is one GET (RFC 9110), with a {@code Range} unless the address itself names the
 * place:
 *
 * <pre>{@code
 *   206   the part; Content-Range tells where it begins and how long the log is
 *   200   the whole log, of which the beginning is passed over; or the part, if the address names its place
 *   416   there is nothing at that place; Content-Range may tell how long the log is
 *   204   nothing more;   404, 410   there is no log
 *   408, 425, 429, 5xx    not now;   anything else   never
 * }</pre>
 *
 * Immutable and threadsafe.
 */
final class HttpChunks {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (?:(\\d{1,18})-\\d{1,18}|\\*)/(\\d{1,18}|\\*)");

    /** A header that tells that the log is complete. */
    record Mark(String header, String value) {}

    private final HttpClient client;
    private final String template;
    private final Map<String, Supplier<String>> headers;
    private final @Nullable Mark mark;

    HttpChunks(
            HttpClient client,
            String template,
            String job,
            Map<String, Supplier<String>> headers,
            @Nullable Mark mark) {
        this.client = client;
        this.template = template.replace("{job_id}", URLEncoder.encode(job, StandardCharsets.UTF_8));
        this.headers = Map.copyOf(headers);
        this.mark = mark;
    }

    /** Whether the server tells how long the log is, if it does what the standard says. */
    boolean hasRanges() {
        return !template.contains("{offset}");
    }

    /** Where a part is. */
    URI uri(long from, int length) {
        return URI.create(
                template.replace("{offset}", String.valueOf(from)).replace("{length}", String.valueOf(length)));
    }

    /** Asks for a part. Fails with an IOException, or a LogStreamException if trying again would not help. */
    CompletableFuture<HttpChunk> get(long from, int length) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(from, length)).header("Accept-Encoding", "identity");
        if (hasRanges()) {
            request.header("Range", "bytes=" + from + "-" + (from + length - 1));
        }
        headers.forEach((name, value) -> request.header(name, value.get()));
        return client.sendAsync(request.build(), info -> new Part(place(info, from), length))
                .thenApply(response -> chunk(response, from));
    }

    /** How many bytes of the body come before the place. */
    private long place(HttpResponse.ResponseInfo info, long from) {
        return switch (info.statusCode()) {
            case 200 -> hasRanges() ? from : 0;
            case 206 ->
                from
                        - Math.max(
                                0,
                                contentRange(
                                        info.headers()
                                                .firstValue("Content-Range")
                                                .orElse(""),
                                        1));
            default -> 0;
        };
    }

    private HttpChunk chunk(HttpResponse<Taken> response, long from) {
        Taken body = response.body();
        String range = response.headers().firstValue("Content-Range").orElse("");
        boolean isComplete = mark != null
                && response.headers().allValues(mark.header()).stream().anyMatch(mark.value()::equalsIgnoreCase);
        switch (response.statusCode()) {
            case 200 -> {
                String encoding =
                        response.headers().firstValue("Content-Encoding").orElse("identity");
                if (!encoding.equals("identity")) {
                    throw new LogStreamException(
                            shown() + " is sent as " + Text.shown(encoding) + " though that was not asked for");
                }
                long told =
                        response.headers().firstValueAsLong("Content-Length").orElse(-1);
                long total = !hasRanges() ? -1 : told >= 0 ? told : body.isWhole() ? -1 : body.seen();
                return new HttpChunk(body.bytes(), body.isWhole(), total, false, isComplete);
            }
            case 206 -> {
                if (contentRange(range, 1) < 0 || contentRange(range, 1) > from) {
                    throw failed("answers with another part than " + from + ": " + Text.shown(range));
                }
                return new HttpChunk(body.bytes(), body.isWhole(), contentRange(range, 2), false, isComplete);
            }
            case 204, 416 -> {
                return new HttpChunk(new byte[0], false, contentRange(range, 2), false, isComplete);
            }
            case 404, 410 -> {
                return HttpChunk.MISSING;
            }
            case 408, 425, 429 -> throw failed("answers " + response.statusCode());
            default -> {
                if (response.statusCode() >= 500) {
                    throw failed("answers " + response.statusCode());
                }
                throw new LogStreamException(shown() + " answers " + response.statusCode() + ": "
                        + Text.shown(new String(body.bytes(), StandardCharsets.UTF_8)));
            }
        }
    }

    private RuntimeException failed(String how) {
        return new java.io.UncheckedIOException(new IOException(shown() + " " + how));
    }

    /** The address without what may be secret. */
    String shown() {
        return template.replaceFirst("//[^/@]*@", "//").replaceFirst("[?#].*", "");
    }

    /** A number of {@code bytes FIRST-LAST/TOTAL}, or -1. */
    private static long contentRange(String header, int group) {
        Matcher form = CONTENT_RANGE.matcher(header);
        String number = form.matches() ? form.group(group) : null;
        return number == null || number.equals("*") ? -1 : Long.parseLong(number);
    }

    /** What was taken of a body. */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Taken(byte[] bytes, boolean isWhole, long seen) {}

    /** Passes over the beginning of a body, and takes so much of what follows; the rest is not waited for. */
    private static final class Part implements BodySubscriber<Taken> {
        private final CompletableFuture<Taken> body = new CompletableFuture<>();
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        private final int length;
        private long skip;
        private long seen;
        private Flow.@Nullable Subscription subscription;

        Part(long skip, int length) {
            this.skip = skip;
            this.length = length;
        }

        @Override
        public CompletionStage<Taken> getBody() {
            return body;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription = subscription;
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                seen += buffer.remaining();
                int passed = (int) Math.min(skip, buffer.remaining());
                skip -= passed;
                buffer.position(buffer.position() + passed);
                byte[] some = new byte[Math.min(buffer.remaining(), length - taken.size())];
                buffer.get(some);
                taken.writeBytes(some);
            }
            Flow.Subscription from = subscription;
            if (taken.size() == length && from != null && !body.isDone()) {
                body.complete(new Taken(taken.toByteArray(), true, seen));
                from.cancel();
            }
        }

        @Override
        public void onError(Throwable failure) {
            body.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            body.complete(new Taken(taken.toByteArray(), taken.size() == length, seen));
        }
    }

    /** The client of those who bring none. */
    static final class Shared {
        static final HttpClient CLIENT = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(Duration.ofSeconds(20))
                .executor(java.util.concurrent.Executors.newCachedThreadPool(task -> {
                    Thread thread = new Thread(task, "logstream-http");
                    thread.setDaemon(true);
                    return thread;
                }))
                .build();

        private Shared() {}
    }
}
