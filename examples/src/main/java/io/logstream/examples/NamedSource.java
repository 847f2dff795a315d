package io.logstream.examples;

import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogSource;
import org.jspecify.annotations.Nullable;

/**
 * What the user named: one source, or what finds sources.
 *
 * @param id what the user gave, and the id of the source's stream
 * @param kind what kind of source it is: the name of its scheme
 * @param source what reads it, or null
 * @param discovery what finds sources, or null
 */
record NamedSource(
        String id,
        String kind,
        @Nullable LogSource source,
        @Nullable LogDiscovery discovery) {
    static NamedSource of(String id, String kind, LogSource source) {
        return new NamedSource(id, kind, source, null);
    }

    static NamedSource of(String id, String kind, LogDiscovery discovery) {
        return new NamedSource(id, kind, null, discovery);
    }
}
