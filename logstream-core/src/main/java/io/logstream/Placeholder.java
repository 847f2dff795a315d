package io.logstream;

/** Holds the place of the package's first class. */
public interface Placeholder {}
