/**
 * The {@code logstream} command line and small programs to copy from.
 */
@NullMarked
package io.logstream.examples;

import org.jspecify.annotations.NullMarked;
