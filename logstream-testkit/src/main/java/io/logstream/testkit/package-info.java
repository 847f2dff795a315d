/**
 * Tests log sources against the contract of {@link io.logstream.spi}.
 */
@NullMarked
package io.logstream.testkit;

import org.jspecify.annotations.NullMarked;
