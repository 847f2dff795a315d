package io.logstream.ssh;

import java.io.IOException;

/** What an SFTP server answers when it can't do something. */
final class SftpStatus extends IOException {
    private static final long serialVersionUID = 1L;

    static final int OK = 0;
    static final int EOF = 1;
    static final int NO_SUCH_FILE = 2;
    static final int PERMISSION_DENIED = 3;
    static final int BAD_MESSAGE = 5;

    private final int code;

    SftpStatus(int code, String message) {
        super(message);
        this.code = code;
    }

    int code() {
        return code;
    }

    /** Whether some failure says that there is no such file. */
    static boolean isNoSuchFile(Throwable failure) {
        return failure instanceof SftpStatus status && status.code == NO_SUCH_FILE;
    }

    /** The same for another caller, with its own stack. */
    SftpStatus again(String what) {
        SftpStatus again = new SftpStatus(code, what + ": " + getMessage());
        again.initCause(this);
        return again;
    }
}
