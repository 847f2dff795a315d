package io.logstream.ssh;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** What the end of the {@code ssh} program means, by what it printed before. */
final class SshErrors {

    /** What ssh prints, in small letters, and what the user can do about it. */
    private record Refusal(String printed, String advice) {}

    /** None of these goes away by trying again; the first that fits counts. */
    private static final List<Refusal> REFUSALS = List.of(
            new Refusal(
                    "remote host identification has changed",
                    "the host key is not the known one: someone may be listening. If the host has got a new key,"
                            + " correct the file of known hosts"),
            new Refusal(
                    "host key verification failed",
                    "the host key is not known. Compare its fingerprint, and add it to the file of known hosts: connecting"
                            + " once with ssh by hand does both"),
            new Refusal(
                    "permission denied (",
                    "the host refuses the login. Check user and keys; keys with a passphrase must be in the agent, as"
                            + " nobody can be asked"),
            new Refusal(
                    "too many authentication failures",
                    "name the right key, as the host refuses after some wrong ones"),
            new Refusal("unable to negotiate", "the host and ssh have no algorithm in common"),
            new Refusal("bad owner or permissions", "correct the permissions of ssh's files"),
            new Refusal("bad configuration option", "correct ssh's configuration"),
            new Refusal("can't open user config file", "name a file of configuration that can be read"),
            new Refusal("subsystem request failed", "the host offers no SFTP: enable 'Subsystem sftp' there"));

    /** What ssh prints last where it lost the connection: by its end, or by a reset, a timeout or what it could not decode. */
    private static final Pattern LOST = Pattern.compile(
            "(?s).*(Connection to \\S+ closed by remote host\\.|Read from remote host \\S+: [^\\r\\n]*)\\s*");

    private SshErrors() {}

    /**
     * Whether the connection ended between a command's exit status and the end of its output: ssh ends with that status then, and
     * only what it prints tells.
     */
    static boolean isLostAfterStatus(String printed) {
        return LOST.matcher(printed).matches();
    }

    static Exception explain(boolean begun, int code, String printed, IOException cause) {
        String shown = Text.shown(printed.length() > 300 ? printed.substring(printed.length() - 300) : printed);
        String low = printed.toLowerCase(Locale.ROOT);
        if (!begun) {
            for (Refusal refusal : REFUSALS) {
                if (low.contains(refusal.printed)) {
                    return new LogStreamException(refusal.advice + ". ssh says: " + shown, cause);
                }
            }
        }
        String what = begun ? "the connection was lost" : "no connection";
        if (code >= 0) {
            what += " (exit code " + code + ")";
        }
        return new IOException(shown.isEmpty() ? what + ": " + cause.getMessage() : what + ": " + shown, cause);
    }
}
