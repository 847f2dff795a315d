package io.logstream.ssh;

import java.io.IOException;
import java.nio.ByteBuffer;

/** One packet from an SFTP server, read from its front; what is not in it is an error. Not threadsafe. */
final class SftpReply {
    private final ByteBuffer packet;

    SftpReply(byte[] packet) {
        this.packet = ByteBuffer.wrap(packet);
    }

    int type() throws IOException {
        need(1);
        return packet.get() & 0xFF;
    }

    int int32() throws IOException {
        need(4);
        return packet.getInt();
    }

    long int64() throws IOException {
        need(8);
        return packet.getLong();
    }

    /** The bytes of a string, a part of the packet. */
    ByteBuffer string() throws IOException {
        int length = int32();
        if (length < 0) {
            throw new BrokenProtocol(
                    "the SFTP server sends a string of " + Integer.toUnsignedString(length) + " bytes");
        }
        need(length);
        ByteBuffer string = packet.slice(packet.position(), length);
        packet.position(packet.position() + length);
        return string;
    }

    byte[] bytes(int atMost) throws IOException {
        ByteBuffer string = string();
        if (string.remaining() > atMost) {
            throw new BrokenProtocol(
                    "the SFTP server sends " + string.remaining() + " bytes where " + atMost + " are most");
        }
        byte[] bytes = new byte[string.remaining()];
        string.get(bytes);
        return bytes;
    }

    void skipString() throws IOException {
        string();
    }

    boolean hasMore() {
        return packet.hasRemaining();
    }

    private void need(int bytes) throws IOException {
        if (packet.remaining() < bytes) {
            throw new BrokenProtocol("the SFTP server sends a packet that is cut short");
        }
    }
}
