package io.logstream.ssh;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The line that a login shell on the host gets for a command. Any shell reads it alike: sh, bash, zsh, csh, tcsh, fish. What one
 * of them understands even between single quotes is refused: quotes, backslashes, exclamation marks (csh) and all that is not
 * printable ASCII.
 */
final class CommandLine {
    private static final Pattern SAFE = Pattern.compile("[ -~&&[^'\\\\!]]*");
    private static final int MOST = 64 * 1024;

    private CommandLine() {}

    static String of(List<String> command) {
        if (command.isEmpty() || command.get(0).isEmpty()) {
            throw new IllegalArgumentException("command: name a program");
        }
        for (String word : command) {
            if (!SAFE.matcher(word).matches()) {
                throw new IllegalArgumentException("a command can't have the word '" + Text.shown(word)
                        + "': give what is not printable ASCII, or has ' \\ or ! in it, as its input");
            }
        }
        String line = command.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" ", "exec ", ""));
        if (line.length() > MOST) {
            throw new IllegalArgumentException("a command of " + line.length() + " characters: give " + MOST
                    + " at most, and the rest as its input");
        }
        return line;
    }
}
