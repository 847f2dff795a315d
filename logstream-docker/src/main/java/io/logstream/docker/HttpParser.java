package io.logstream.docker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads one HTTP/1.1 response, however its bytes are cut: RFC 9112, with chunked and counted bodies and such that end with
 * the connection. Hands the body over in place: a slice of what it was fed.
 *
 * <pre>{@code
 * HEAD -> COUNTED | UNTIL_CLOSE -> DONE
 *      -> SIZE -> CHUNK -> CHUNK_END -> SIZE ... -> TRAILER -> DONE
 * }</pre>
 */
final class HttpParser {
    private static final int MAX_HEAD = 64 * 1024;
    private static final int MAX_SIZE_LINE = 4096;

    /** Takes the body. */
    interface Body {
        /**
         * Takes a piece of the body, valid during the call.
         *
         * @param chunkEnd whether a chunk of the transfer ends with it
         */
        void payload(byte[] bytes, int from, int to, boolean chunkEnd) throws IOException;
    }

    private enum State {
        HEAD,
        SIZE,
        CHUNK,
        CHUNK_END,
        TRAILER,
        COUNTED,
        UNTIL_CLOSE,
        DONE
    }

    private State state = State.HEAD;
    private final Carry head = new Carry(MAX_HEAD, "the head of an HTTP answer");
    private int status;
    private Map<String, String> headers = Map.of();
    private long left;
    private int digits;
    private int lineLength;
    private boolean extension;

    /** Whether status and headers are known. */
    boolean hasHead() {
        return state != State.HEAD;
    }

    /** Whether the response has come to its end. */
    boolean isDone() {
        return state == State.DONE;
    }

    int status() {
        return status;
    }

    /** A header by its name in small letters, or an empty text. */
    String header(String name) {
        return headers.getOrDefault(name, "");
    }

    /** Takes what has come of the head; returns where the body begins, or the end of what has come. */
    int feedHead(byte[] bytes, int from, int to) throws IOException {
        int i = from;
        while (i < to && state == State.HEAD) {
            i = head(bytes, i, to);
        }
        return i;
    }

    /** Takes what has come; what follows the end of the response is left alone. */
    void feed(byte[] bytes, int from, int to, Body body) throws IOException {
        int i = from;
        while (i < to && state != State.DONE) {
            i = switch (state) {
                case HEAD -> head(bytes, i, to);
                case SIZE -> size(bytes, i, to);
                case CHUNK -> chunk(bytes, i, to, body);
                case CHUNK_END -> chunkEnd(bytes, i);
                case TRAILER -> trailer(bytes, i);
                case COUNTED -> counted(bytes, i, to, body);
                case UNTIL_CLOSE -> untilClose(bytes, i, to, body);
                case DONE -> to;
            };
        }
    }

    /**
     * Says that the connection has ended.
     *
     * @throws IOException if the response had not: bytes of it are missing, or may be
     */
    void endOfConnection() throws IOException {
        if (state != State.DONE) {
            throw new IOException(
                    state == State.HEAD
                            ? "the daemon closed the connection before it answered"
                            : "the daemon's answer was cut off");
        }
    }

    // ---- head

    private int head(byte[] bytes, int from, int to) throws IOException {
        int begin = from;
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                head.add(bytes, begin, i + 1);
                begin = i + 1;
                if (isHeadComplete()) {
                    parseHead(head.take());
                    return begin;
                }
            }
        }
        head.add(bytes, begin, to);
        return to;
    }

    /** A line feed has come: is the line that it ends empty? */
    private boolean isHeadComplete() {
        byte[] bytes = head.bytes();
        int i = head.length() - 2;
        if (i >= 0 && bytes[i] == '\r') {
            i--;
        }
        return i >= 0 && bytes[i] == '\n';
    }

    private void parseHead(byte[] text) throws IOException {
        List<String> lines =
                new String(text, StandardCharsets.ISO_8859_1).lines().toList();
        String first = lines.get(0);
        if (!first.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
            throw new IOException("no HTTP answer: " + printable(first));
        }
        status = Integer.parseInt(first.substring(9, 12));
        Map<String, String> found = new HashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                found.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).trim());
            }
        }
        if (status < 200) {
            return; // 100 and such: the answer itself follows
        }
        headers = found;
        state = bodyOf(found);
    }

    private State bodyOf(Map<String, String> found) throws IOException {
        if (status == 204 || status == 304) {
            return State.DONE;
        }
        if (header("transfer-encoding").toLowerCase(Locale.ROOT).endsWith("chunked")) {
            return State.SIZE;
        }
        String length = found.get("content-length");
        if (length == null) {
            return State.UNTIL_CLOSE;
        }
        if (!length.matches("[0-9]{1,18}")) {
            throw new IOException("no HTTP answer: Content-Length " + printable(length));
        }
        left = Long.parseLong(length);
        return left == 0 ? State.DONE : State.COUNTED;
    }

    // ---- body

    private int size(byte[] bytes, int from, int to) throws IOException {
        for (int i = from; i < to; i++) {
            byte b = bytes[i];
            if (b == '\n') {
                if (digits == 0) {
                    throw new IOException("a chunk without a size in the daemon's answer");
                }
                state = left == 0 ? State.TRAILER : State.CHUNK;
                digits = 0;
                lineLength = 0;
                extension = false;
                return i + 1;
            }
            int digit = extension ? -1 : Character.digit(b, 16);
            if (digit >= 0 && digits < 8) {
                left = (digits == 0 ? 0 : left << 4) + digit;
                digits++;
            } else if (b == ';' || b == '\r' || b == ' ' || extension) {
                extension = true;
            } else {
                throw new IOException("a chunk size with byte " + b + " in the daemon's answer");
            }
            if (++lineLength > MAX_SIZE_LINE) {
                throw new IOException("a chunk size that never ends in the daemon's answer");
            }
        }
        return to;
    }

    private int chunk(byte[] bytes, int from, int to, Body body) throws IOException {
        int end = (int) Math.min(to, from + left);
        left -= end - from;
        if (left == 0) {
            state = State.CHUNK_END;
        }
        body.payload(bytes, from, end, left == 0);
        return end;
    }

    private int chunkEnd(byte[] bytes, int i) throws IOException {
        if (bytes[i] == '\n') {
            state = State.SIZE;
        } else if (bytes[i] != '\r') {
            throw new IOException("a chunk of the daemon's answer is longer than it says");
        }
        return i + 1;
    }

    /** Header lines that nobody needs, up to an empty one. */
    private int trailer(byte[] bytes, int i) throws IOException {
        if (bytes[i] == '\n') {
            if (lineLength == 0) {
                state = State.DONE;
            }
            lineLength = 0;
        } else if (bytes[i] != '\r' && ++lineLength > MAX_SIZE_LINE) {
            throw new IOException("a trailer that never ends in the daemon's answer");
        }
        return i + 1;
    }

    private int counted(byte[] bytes, int from, int to, Body body) throws IOException {
        int end = (int) Math.min(to, from + left);
        left -= end - from;
        if (left == 0) {
            state = State.DONE;
        }
        body.payload(bytes, from, end, left == 0);
        return end;
    }

    private int untilClose(byte[] bytes, int from, int to, Body body) throws IOException {
        body.payload(bytes, from, to, false);
        return to;
    }

    private static String printable(String text) {
        return text.substring(0, Math.min(80, text.length())).replaceAll("[^ -~]", "?");
    }
}
