package io.logstream.ssh;

import java.io.IOException;

/** The server opens no further channel now, although the connection is there: it has as many as it allows. */
final class NoChannel extends IOException {
    private static final long serialVersionUID = 1;

    NoChannel(String message, Throwable cause) {
        super(message, cause);
    }
}
