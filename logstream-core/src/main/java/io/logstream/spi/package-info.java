/**
 * Writes sources: what a log must offer so that it can be read and followed.
 */
@NullMarked
package io.logstream.spi;

import org.jspecify.annotations.NullMarked;
