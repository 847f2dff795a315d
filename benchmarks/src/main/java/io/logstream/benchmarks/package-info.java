/**
 * Figures, with rivals measured in the same run; {@link io.logstream.benchmarks.Main} is what {@code benchmarks/run} starts.
 */
@NullMarked
package io.logstream.benchmarks;

import org.jspecify.annotations.NullMarked;
