package io.logstream.testkit;

import io.logstream.Channel;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/** The bytes of a log by channel. A line end that is not in the bytes counts as a line feed. */
final class Content {
    private final Map<Channel, Bytes> channels = new EnumMap<>(Channel.class);

    /** An array that grows, and can be cut back. */
    private static final class Bytes extends ByteArrayOutputStream {
        void truncate(int length) {
            count = Math.min(count, length);
        }

        long lines() {
            long lines = 0;
            for (int i = 0; i < count; i++) {
                lines += buf[i] == '\n' ? 1 : 0;
            }
            return lines;
        }
    }

    void add(Channel channel, byte[] bytes) {
        channels.computeIfAbsent(channel, c -> new Bytes()).writeBytes(bytes);
    }

    byte[] bytes(Channel channel) {
        Bytes bytes = channels.get(channel);
        return bytes == null ? new byte[0] : bytes.toByteArray();
    }

    int size(Channel channel) {
        Bytes bytes = channels.get(channel);
        return bytes == null ? 0 : bytes.size();
    }

    long size() {
        return channels.values().stream().mapToLong(Bytes::size).sum();
    }

    /** How many line ends there are, over all channels. */
    long lines() {
        return channels.values().stream().mapToLong(Bytes::lines).sum();
    }

    Map<Channel, Integer> sizes() {
        Map<Channel, Integer> sizes = new EnumMap<>(Channel.class);
        for (Channel channel : Channel.values()) {
            sizes.put(channel, size(channel));
        }
        return sizes;
    }

    void truncate(Map<Channel, Integer> sizes) {
        sizes.forEach((channel, size) -> {
            Bytes bytes = channels.get(channel);
            if (bytes != null) {
                bytes.truncate(size);
            }
        });
    }

    /** What follows some sizes. */
    Content from(Map<Channel, Integer> sizes) {
        Content rest = new Content();
        channels.forEach((channel, bytes) -> {
            byte[] all = bytes.toByteArray();
            int from = sizes.getOrDefault(channel, 0);
            rest.add(channel, Arrays.copyOfRange(all, Math.min(from, all.length), all.length));
        });
        return rest;
    }

    /** Whether this has at least as many bytes on every channel. */
    boolean reaches(Content other) {
        for (Channel channel : Channel.values()) {
            if (size(channel) < other.size(channel)) {
                return false;
            }
        }
        return true;
    }

    boolean endsWith(Channel channel, byte[] suffix) {
        byte[] all = bytes(channel);
        int from = all.length - suffix.length;
        return from >= 0 && Arrays.equals(all, from, all.length, suffix, 0, suffix.length);
    }

    void assertSame(String what, Content expected) {
        for (Channel channel : Channel.values()) {
            assertSame(what, channel, expected.bytes(channel), bytes(channel));
        }
    }

    private static void assertSame(String what, Channel channel, byte[] expected, byte[] actual) {
        int at = Arrays.mismatch(expected, actual);
        if (at >= 0) {
            throw new AssertionError(String.format(
                    "%s: %s differs at byte %,d: expected %,d bytes, there %s, but got %,d bytes, there %s",
                    what, channel, at, expected.length, around(expected, at), actual.length, around(actual, at)));
        }
    }

    private static String around(byte[] bytes, int at) {
        int from = Math.max(0, at - 20);
        int to = Math.min(bytes.length, at + 20);
        String text = new String(bytes, from, Math.max(0, to - from), StandardCharsets.ISO_8859_1);
        return '"' + text.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0") + '"';
    }
}
