package io.logstream.ssh;

/**
 * What came of a command on a host that has ended.
 *
 * @param status its exit status, 0 to 255; where the {@code ssh} program connects, 0 to 254
 * @param out what it printed, as UTF-8; all of it
 * @param errors the beginning of what it printed as errors, as UTF-8: at most 64 KiB
 */
public record RemoteResult(int status, String out, String errors) {}
