package io.logstream.internal.file;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import io.logstream.spi.LineSink;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What the sink has to be told before the next bytes: found out while there was no sink, or told in one place. */
final class Notices {
    private final Path path;
    private final List<Consumer<LineSink>> notices = new ArrayList<>(2);

    Notices(Path path) {
        this.path = path;
    }

    void event(SourceEvent.Kind kind) {
        notices.add(sink -> sink.event(SourceEvent.of(kind, path.toString())));
    }

    void endLine() {
        notices.add(sink -> sink.endLine(Channel.STDOUT));
    }

    /** An unknown number of lines is missing. */
    void gap(Gap.Reason reason) {
        notices.add(sink -> sink.gap(-1, reason));
    }

    /** The next byte is the one behind this mark. */
    void position(FileMark mark, long linesBefore) {
        notices.add(sink -> sink.position(mark.position(linesBefore)));
    }

    void tell(LineSink sink) {
        if (!notices.isEmpty()) {
            notices.forEach(notice -> notice.accept(sink));
            notices.clear();
        }
    }
}
