package io.logstream.ssh;

import java.io.IOException;

/** Says that what came is not what an SFTP server sends. */
final class BrokenProtocol extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenProtocol(String message) {
        super(message);
    }
}
