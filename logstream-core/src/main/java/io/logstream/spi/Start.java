package io.logstream.spi;

import java.time.Instant;
import java.util.Objects;

/**
 * Where reading begins: a place in the log as it is when {@link LogSource#open} returns. A source that can't begin exactly
 * there begins earlier rather than later.
 */
public sealed interface Start {

    /** At the first byte there is. */
    record Beginning() implements Start {
        private static final Beginning ALL = new Beginning();
    }

    /** Behind the last byte there is. */
    record End() implements Start {
        private static final End ALL = new End();
    }

    /**
     * Some lines before the end.
     *
     * @param lines how many, at least 1
     */
    record Last(int lines) implements Start {}

    /**
     * At the first line written since some time.
     *
     * @param time the time
     */
    record Since(Instant time) implements Start {}

    /**
     * At a position that a reader of this source gave before.
     *
     * @param position the position
     */
    record At(SourcePosition position) implements Start {}

    /**
     * At the first byte there is.
     *
     * @return the start
     */
    static Start beginning() {
        return Beginning.ALL;
    }

    /**
     * Behind the last byte there is.
     *
     * @return the start
     */
    static Start end() {
        return End.ALL;
    }

    /**
     * Some lines before the end.
     *
     * @param lines how many, at least 0
     * @return the start
     */
    static Start last(int lines) {
        if (lines < 0) {
            throw new IllegalArgumentException("start at the last " + lines + " lines: use at least 0");
        }
        return lines == 0 ? end() : new Last(lines);
    }

    /**
     * At the first line written since some time.
     *
     * @param time the time
     * @return the start
     */
    static Start since(Instant time) {
        return new Since(Objects.requireNonNull(time, "time"));
    }

    /**
     * At a position that a reader of this source gave before.
     *
     * @param position the position
     * @return the start
     */
    static Start at(SourcePosition position) {
        return new At(Objects.requireNonNull(position, "position"));
    }
}
