package io.logstream.ssh;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A question to an SFTP server that was not answered yet.
 *
 * @param expected the type of the packet that answers it, if the server can
 * @param atEnd the answer where the server says that there is no more, or just that all is well; null where it can't say so
 */
record SftpRequest<T>(
        int expected, Answer<T> answer, @Nullable T atEnd, CompletableFuture<T> future) {
    static final int STATUS = 101;

    /** Makes the answer of a reply that is no status. */
    interface Answer<T> {
        T of(SftpReply reply) throws IOException;
    }

    /** Completes the future; an exception breaks the connection. */
    void complete(int type, SftpReply reply) throws IOException {
        if (type == STATUS) {
            int code = reply.int32();
            String message = reply.hasMore() ? Text.shown(reply.bytes(Sftp.MAX_PACKET)) : "";
            if (atEnd != null && (code == SftpStatus.EOF || (code == SftpStatus.OK && expected == STATUS))) {
                future.complete(atEnd);
            } else {
                future.completeExceptionally(
                        new SftpStatus(code, message.isEmpty() ? "the SFTP server says " + code : message));
            }
        } else if (type == expected) {
            future.complete(answer.of(reply));
        } else {
            throw new BrokenProtocol("the SFTP server answers with a packet of type " + type);
        }
    }
}
