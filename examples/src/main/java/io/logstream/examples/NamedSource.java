package io.logstream.examples;

import io.logstream.spi.LogSource;

/**
 * A source as the user named it.
 *
 * @param id the id of its stream: what the user gave
 * @param kind what kind of source it is: the name of its scheme
 * @param source what reads it
 */
record NamedSource(String id, String kind, LogSource source) {}
