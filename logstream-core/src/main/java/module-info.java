/**
 * Reads a log once and shows it live to any number of viewers.
 *
 * <p>Those who watch logs use {@link io.logstream}; those who write sources use {@link io.logstream.spi};
 * {@link io.logstream.file} follows files. Everything else is internal.
 */
module io.logstream {
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports io.logstream;
    exports io.logstream.file;
    exports io.logstream.spi;
}
