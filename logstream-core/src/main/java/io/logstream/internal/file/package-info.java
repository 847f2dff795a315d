/**
 * Follows one file. {@link io.logstream.internal.file.FileReader} is the way in; reads are the truth, watch events only
 * hints of when to read. Not exported; may change at any time.
 */
@NullMarked
package io.logstream.internal.file;

import org.jspecify.annotations.NullMarked;
