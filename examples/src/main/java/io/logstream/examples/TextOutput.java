package io.logstream.examples;

import io.logstream.Channel;
import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogLine;
import io.logstream.SourceEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the lines as text to the output, and everything else as notes to the error output. The parts of a line are put
 * together again, unless another line comes between them. A part that ended with a carriage return is overwritten by the next
 * one that has text, on a terminal; elsewhere it is a line, if it has text.
 */
final class TextOutput implements Output {
    private static final byte[] OVERWRITE = "\r\u001b[K".getBytes(StandardCharsets.US_ASCII);

    /**
     * How the text looks.
     *
     * @param names whether each line begins with the name of its stream
     * @param timestamps whether each line begins with its time
     * @param raw whether the bytes go out as they are, escape sequences too
     * @param terminal whether people watch, so that an unfinished line should not run into something else
     */
    record Style(boolean names, boolean timestamps, boolean raw, boolean terminal) {}

    /** One channel of one stream, and what its lines begin with. */
    private static final class Column {
        final byte[] name;

        Column(byte[] name) {
            this.name = name;
        }
    }

    private final ByteOut out;
    private final PrintStream notes;
    private final Style style;
    private final Rfc3339 time = new Rfc3339();
    private final Map<String, Map<Channel, Column>> streams = new HashMap<>();
    private byte[] content = new byte[1 << 12];
    private @Nullable Column open; // whose line is not finished
    private long openSequence;
    private boolean updated; // by what follows: the open line ended with a carriage return

    TextOutput(ByteOut out, PrintStream notes, Style style) {
        this.out = out;
        this.notes = notes;
        this.style = style;
    }

    @Override
    public void lines(LogBatch lines) throws IOException {
        Map<Channel, Column> columns = streams.computeIfAbsent(lines.stream(), id -> new EnumMap<>(Channel.class));
        for (int i = 0; i < lines.size(); i++) {
            LogLine line = lines.line(i);
            Column column = columns.computeIfAbsent(line.channel(), channel -> column(lines.stream()));
            boolean anew = open != column || !line.isContinuation() || line.sequence() != openSequence + 1;
            if (anew && lines.length(i) == 0 && isBesideUpdates(line)) {
                continue;
            }
            if (anew) {
                finish();
                begin(column, line);
            } else if (updated && lines.length(i) > 0) {
                out.put(OVERWRITE);
                begin(column, line);
            }
            content(lines, i);
            open = column;
            openSequence = line.sequence();
            if (line.ending() == LogLine.Ending.CR && style.terminal()) {
                updated = true;
            } else if (line.ending() != LogLine.Ending.NONE) {
                finish();
            }
        }
    }

    /** Whether this is what a carriage return leaves of a line at its beginning, or another one at its end. */
    private boolean isBesideUpdates(LogLine line) {
        return !style.terminal() && (line.ending() == LogLine.Ending.CR || line.isContinuation());
    }

    @Override
    public void gap(Gap gap) throws IOException {
        note(gap.stream(), Notes.of(gap));
    }

    @Override
    public void event(SourceEvent event) throws IOException {
        boolean silent = switch (event.kind()) {
            case CAUGHT_UP -> true;
            case ENDED -> !style.names() || event.detail().equals(EndReason.Kind.COMPLETED.name());
            default -> false;
        };
        if (!silent) {
            note(event.stream(), Notes.of(event));
        }
    }

    @Override
    public void end() throws IOException {
        if (style.terminal()) {
            finish();
        }
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    private Column column(String stream) {
        String name = style.names() ? TerminalSanitizer.sanitize(stream) + " | " : "";
        return new Column(name.getBytes(StandardCharsets.UTF_8));
    }

    private void begin(Column column, LogLine line) throws IOException {
        updated = false;
        out.put(column.name);
        if (style.timestamps()) {
            time.put(line.epochNanos(), out);
            out.put(' ');
        }
    }

    private void content(LogBatch lines, int index) throws IOException {
        int length = lines.length(index);
        if (length > content.length) {
            content = new byte[Math.max(length, 2 * content.length)];
        }
        lines.copyTo(index, content, 0);
        if (style.raw()) {
            out.put(content, 0, length);
        } else {
            TerminalSanitizer.put(content, 0, length, out);
        }
    }

    private void finish() throws IOException {
        if (open != null) {
            out.put('\n');
            open = null;
        }
    }

    private void note(String stream, String text) throws IOException {
        if (style.terminal()) {
            finish();
        }
        out.flush();
        notes.println("-- " + TerminalSanitizer.sanitize(style.names() ? stream + ": " + text : text) + " --");
    }
}
