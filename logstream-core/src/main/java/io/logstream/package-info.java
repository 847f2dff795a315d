/**
 * Watches logs: one source is read once and shown live to any number of subscribers.
 */
@NullMarked
package io.logstream;

import org.jspecify.annotations.NullMarked;
