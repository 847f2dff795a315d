/**
 * Follows log files through growth, rotation and truncation.
 */
@NullMarked
package io.logstream.file;

import org.jspecify.annotations.NullMarked;
