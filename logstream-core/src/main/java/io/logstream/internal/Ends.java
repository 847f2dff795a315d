package io.logstream.internal;

import io.logstream.EndReason;

/** Makes the reasons for ends that somebody else's code caused. */
final class Ends {
    private Ends() {}

    /** The reason with what was thrown in its message, as far as that can be printed. */
    static EndReason failed(EndReason.Kind kind, String what, Throwable thrown) {
        String printed;
        try {
            printed = thrown.toString();
        } catch (Throwable e) {
            printed = thrown.getClass().getName();
        }
        return new EndReason(kind, what + " " + printed, thrown);
    }
}
