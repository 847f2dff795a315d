/**
 * What the library is made of. Not exported; may change at any time.
 */
@NullMarked
package io.logstream.internal;

import org.jspecify.annotations.NullMarked;
