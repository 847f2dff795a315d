package io.logstream.internal.file;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the sink has to be told before the next bytes: found out while there was no sink, or told in one place. */
final class Notices {
    private final Path path;
    private @Nullable List<Consumer<LineSink>> notices;

    Notices(Path path) {
        this.path = path;
    }

    void event(SourceEvent.Kind kind) {
        add(sink -> sink.event(SourceEvent.of(kind, path.toString())));
    }

    void endLine() {
        add(sink -> sink.endLine(Channel.STDOUT));
    }

    /** An unknown number of lines is missing. */
    void gap(Gap.Reason reason) {
        add(sink -> sink.gap(-1, reason));
    }

    /** The next byte is the one behind this mark. */
    void position(FileMark mark, long linesBefore) {
        add(sink -> sink.position(mark.position(linesBefore)));
    }

    private void add(Consumer<LineSink> notice) {
        List<Consumer<LineSink>> known = notices == null ? new ArrayList<>() : notices;
        known.add(notice);
        notices = known;
    }

    boolean isEmpty() {
        List<Consumer<LineSink>> known = notices;
        return known == null || known.isEmpty();
    }

    void tell(LineSink sink) {
        List<Consumer<LineSink>> known = notices;
        if (known != null) {
            known.forEach(notice -> notice.accept(sink));
            notices = null;
        }
    }
}
