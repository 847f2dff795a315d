package io.logstream.examples;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogEntry;
import io.logstream.LogLine;
import io.logstream.SourceEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Writes one JSON object per line of output. A line of the log:
 *
 * <pre>
 * {"stream":"app.log","type":"stdout","content":"started","timestamp":"2026-03-04T05:06:07.000000008Z",
 *  "line_num":1,"source":"file","seq":0}
 * </pre>
 *
 * <p>{@code type} is {@code stdout} or {@code stderr}; {@code line_num} counts the lines since the beginning of the source
 * and is -1 where that is not known; {@code seq} counts what this run has read. A part of a line has {@code "partial":true}
 * unless it is the last one, and {@code "continuation":true} unless it is the first one; one that the next part updates, since
 * it ended with a carriage return, has {@code "ending":"cr"}. Whatever is not a line has an
 * {@code event} and no {@code content}; its {@code seq} is that of the line before which it stands.
 */
final class JsonOutput implements Output {
    private static final byte[] TIMESTAMP = ascii("\",\"timestamp\":\"");
    private static final byte[] LINE_NUM = ascii("\",\"line_num\":");
    private static final byte[] PARTIAL = ascii(",\"partial\":true");
    private static final byte[] UPDATED = ascii(",\"ending\":\"cr\"");
    private static final byte[] CONTINUATION = ascii(",\"continuation\":true");
    private static final byte[] END = ascii("}\n");

    /** What is the same in all lines of one stream. */
    private static final class Frame {
        final byte[] stdout;
        final byte[] stderr;
        final byte[] source;

        Frame(String quoted, String kind) {
            String head = "{\"stream\":\"" + quoted + "\",\"type\":\"";
            stdout = (head + "stdout\",\"content\":\"").getBytes(StandardCharsets.UTF_8);
            stderr = (head + "stderr\",\"content\":\"").getBytes(StandardCharsets.UTF_8);
            source = ascii(",\"source\":\"" + kind + "\",\"seq\":");
        }
    }

    private final ByteOut out;
    private final Map<String, String> kinds;
    private final Map<String, Frame> frames = new HashMap<>();
    private final Rfc3339 time = new Rfc3339();
    private byte[] content = new byte[1 << 12];

    /**
     * An output.
     *
     * @param kinds the kinds of the sources by stream id
     */
    JsonOutput(ByteOut out, Map<String, String> kinds) {
        this.out = out;
        this.kinds = kinds;
    }

    @Override
    public void lines(LogBatch lines) throws IOException {
        Frame frame = frames.get(lines.stream());
        if (frame == null) {
            frame = frame(lines.stream());
            frames.put(lines.stream(), frame);
        }
        for (int i = 0; i < lines.size(); i++) {
            LogLine line = lines.line(i);
            int length = lines.length(i);
            if (length > content.length) {
                content = new byte[Math.max(length, 2 * content.length)];
            }
            lines.copyTo(i, content, 0);
            out.put(line.channel() == Channel.STDOUT ? frame.stdout : frame.stderr);
            JsonEscaper.put(content, 0, length, out);
            out.put(TIMESTAMP);
            time.put(line.epochNanos(), out);
            out.put(LINE_NUM);
            out.putNumber(line.lineNumber());
            out.put(frame.source);
            out.putNumber(line.sequence());
            if (line.isPartial()) {
                out.put(PARTIAL);
            }
            if (line.ending() == LogLine.Ending.CR) {
                out.put(UPDATED);
            }
            if (line.isContinuation()) {
                out.put(CONTINUATION);
            }
            out.put(END);
        }
    }

    @Override
    public void gap(Gap gap) throws IOException {
        begin("gap", gap);
        number("from", gap.first());
        number("to", gap.last());
        number("count", gap.lines());
        out.put(",\"exact\":" + gap.exact());
        if (gap.bytes() >= 0) {
            number("bytes", gap.bytes());
        }
        string("reason", lower(gap.reason()));
        out.put(END);
    }

    @Override
    public void event(SourceEvent event) throws IOException {
        begin(lower(event.kind()), event);
        if (event.exitCode().isPresent()) {
            number("exit_code", event.exitCode().getAsInt());
        }
        if (!event.detail().isEmpty()) {
            string("detail", event.detail());
        }
        out.put(END);
    }

    @Override
    public void end() {}

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    private Frame frame(String stream) throws IOException {
        ByteArrayOutputStream escaped = new ByteArrayOutputStream();
        ByteOut to = new ByteOut(escaped);
        JsonEscaper.put(stream, to);
        to.flush();
        return new Frame(escaped.toString(StandardCharsets.UTF_8), kind(stream));
    }

    private void begin(String event, LogEntry entry) throws IOException {
        out.put("{\"event\":\"" + event + '"');
        string("stream", entry.stream());
        string("source", kind(entry.stream()));
        number("seq", entry.sequence());
    }

    private void string(String name, String value) throws IOException {
        out.put(",\"" + name + "\":\"");
        JsonEscaper.put(value, out);
        out.put('"');
    }

    private void number(String name, long value) throws IOException {
        out.put(",\"" + name + "\":");
        out.putNumber(value);
    }

    private String kind(String stream) {
        return kinds.getOrDefault(stream, "unknown");
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
