package io.logstream.testkit;

/** Holds the place of the package's first class. */
public interface Placeholder {}
