/**
 * Follows log files through growth, rotation and truncation: one with {@link io.logstream.file.FileSource}, those of a
 * pattern with {@link io.logstream.file.FileDiscovery}.
 */
@NullMarked
package io.logstream.file;

import org.jspecify.annotations.NullMarked;
