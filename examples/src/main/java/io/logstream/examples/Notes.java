package io.logstream.examples;

import io.logstream.Gap;
import io.logstream.SourceEvent;
import java.util.Locale;

/** Words what is not a line for people. */
final class Notes {
    private Notes() {}

    static String of(Gap gap) {
        String reason = " missing (" + gap.reason() + ")";
        if (gap.lines() <= 0 && !gap.exact()) {
            return "an unknown number of lines" + reason;
        }
        return (gap.exact() ? "" : "at least ") + gap.lines() + (gap.lines() == 1 ? " line" : " lines") + reason;
    }

    static String of(SourceEvent event) {
        String what = switch (event.kind()) {
            case WAITING -> "waiting for " + event.stream();
            case FINISHED ->
                event.exitCode().isPresent()
                        ? "finished with exit code " + event.exitCode().getAsInt()
                        : "finished";
            default -> event.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        };
        return event.detail().isEmpty() ? what : what + ": " + event.detail();
    }
}
