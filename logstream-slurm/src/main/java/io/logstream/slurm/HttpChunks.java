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
import java.util.zip.CRC32C;
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

    /** Says that the server does not let this one in: for good, or until a token is renewed. */
    static final class Refused extends LogStreamException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

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

    /**
     * Asks for a part. Fails with an IOException, or a LogStreamException if trying again would not help; if it is cancelled, its
     * connection is closed.
     */
    CompletableFuture<HttpChunk> get(long from, int length) {
        CompletableFuture<HttpChunk> answer = new CompletableFuture<>();
        CompletableFuture<HttpResponse<Taken>> exchange;
        try {
            exchange = client.sendAsync(request(from, length), info -> {
                Part part = new Part(place(info, from), length);
                // Here, on the client's thread: its future's own stages run in the common pool.
                CompletableFuture<?> unusedHere =
                        part.body.whenComplete((taken, failure) -> tell(answer, info, taken, failure, from));
                return part;
            });
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        CompletableFuture<?> unused = exchange.whenComplete((response, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(failure);
            }
        });
        CompletableFuture<?> unusedToo = answer.whenComplete((chunk, failure) -> {
            if (answer.isCancelled()) {
                exchange.cancel(true);
            }
        });
        return answer;
    }

    private void tell(
            CompletableFuture<HttpChunk> answer,
            HttpResponse.ResponseInfo info,
            @Nullable Taken taken,
            @Nullable Throwable failure,
            long from) {
        if (taken == null) {
            answer.completeExceptionally(failure == null ? new IOException("no body") : failure);
            return;
        }
        try {
            answer.complete(chunk(info, taken, from));
        } catch (IOException | RuntimeException e) {
            answer.completeExceptionally(e);
        }
    }

    private HttpRequest request(long from, int length) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(from, length)).header("Accept-Encoding", "identity");
        if (hasRanges()) {
            request.header("Range", "bytes=" + from + "-" + (from + length - 1));
        }
        for (Map.Entry<String, Supplier<String>> header : headers.entrySet()) {
            request.header(header.getKey(), value(header.getKey(), header.getValue()));
        }
        return request.build();
    }

    /** What a header says now, which may be secret: no message and no cause may tell it. */
    private static String value(String name, Supplier<String> told) throws IOException {
        String value;
        try {
            value = told.get();
        } catch (RuntimeException e) {
            throw new IOException("the value of the header " + name + " can't be had: "
                    + e.getClass().getName());
        }
        if (value == null || !value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c < 0x7f))) {
            throw new IOException(
                    "the header " + name
                            + " has no usable value: there is none, or it has a line feed or another character that no header may have");
        }
        return value;
    }

    /** How many bytes of the body come before the place. */
    private long place(HttpResponse.ResponseInfo info, long from) {
        return switch (info.statusCode()) {
            case 200 -> hasRanges() ? from : 0;
            case 206 -> Math.max(0, from - Math.max(0, contentRange(range(info), 1)));
            default -> 0;
        };
    }

    private static String range(HttpResponse.ResponseInfo info) {
        return info.headers().firstValue("Content-Range").orElse("");
    }

    private HttpChunk chunk(HttpResponse.ResponseInfo info, Taken body, long from) throws IOException {
        boolean isComplete = mark != null
                && info.headers().allValues(mark.header()).stream().anyMatch(mark.value()::equalsIgnoreCase);
        int status = info.statusCode();
        switch (status) {
            case 200, 206 -> {
                checkEncoding(info);
                long total = status == 200 ? total(info, body) : totalOfPart(range(info), from);
                return new HttpChunk(body.bytes(), body.isWhole(), total, false, isComplete);
            }
            case 204, 416 -> {
                return new HttpChunk(new byte[0], false, contentRange(range(info), 2), false, isComplete);
            }
            case 404, 410 -> {
                return HttpChunk.missing(isComplete);
            }
            case 408, 425, 429 -> throw new IOException(shown() + " answers " + status);
            default -> {
                if (status >= 500) {
                    throw new IOException(shown() + " answers " + status);
                }
                String message = shown() + " answers " + status + ": "
                        + Text.shown(new String(body.bytes(), StandardCharsets.UTF_8));
                throw status == 401 || status == 403 ? new Refused(message) : new LogStreamException(message);
            }
        }
    }

    private void checkEncoding(HttpResponse.ResponseInfo info) {
        String encoding = info.headers().firstValue("Content-Encoding").orElse("identity");
        if (!encoding.equalsIgnoreCase("identity")) {
            throw new LogStreamException(
                    shown() + " is sent as " + Text.shown(encoding) + " though that was not asked for");
        }
    }

    private long total(HttpResponse.ResponseInfo info, Taken body) {
        long told = info.headers().firstValueAsLong("Content-Length").orElse(-1);
        return !hasRanges() ? -1 : told >= 0 ? told : body.isWhole() ? -1 : body.seen();
    }

    private long totalOfPart(String range, long from) throws IOException {
        if (contentRange(range, 1) < 0 || contentRange(range, 1) > from) {
            throw new IOException(shown() + " answers with another part than " + from + ": " + Text.shown(range));
        }
        return contentRange(range, 2);
    }

    /** The address without what may be secret. */
    String shown() {
        return shown(template);
    }

    static String shown(String template) {
        return Text.shown(template.replaceFirst("//[^/@]*@", "//").replaceFirst("(?s)[?#].*", ""));
    }

    /** The whole address in four bytes, but for its user: two logs may differ in their query alone. */
    int hash() {
        CRC32C hash = new CRC32C();
        hash.update(template.replaceFirst("//[^/@]*@", "//").getBytes(StandardCharsets.UTF_8));
        return (int) hash.getValue();
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
                .followRedirects(HttpClient.Redirect.NEVER) // headers would go along, and a login page be the log
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
