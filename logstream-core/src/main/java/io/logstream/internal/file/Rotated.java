package io.logstream.internal.file;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which of many files rotation has made of which others, by their names. */
final class Rotated {
    private static final Pattern COMPRESSED = Pattern.compile(".*\\.(?:gz|xz|zst|bz2|lz4|Z)", Pattern.DOTALL);
    private static final String IN_SUFFIX = "TZ:._+-~";

    private Rotated() {}

    /** Whether the name is that of a compressed file. */
    static boolean isCompressed(String name) {
        return COMPRESSED.matcher(name).matches();
    }

    /**
     * The log of which rotation made this file, or null if that is none of these: its name with a number or date behind
     * it.
     */
    @Nullable
    static Path log(Path file, Set<Path> logs) {
        String name = String.valueOf(file.getFileName());
        for (int at = name.length() - 1; at > 0 && isInSuffix(name.charAt(at)); at--) {
            Stamp stamp = Stamp.of(name.substring(0, at), name);
            if (stamp != null && stamp.kind() != Stamp.Kind.WORD) {
                Path log = sibling(file, name.substring(0, at));
                if (log != null && logs.contains(log)) {
                    return log;
                }
            }
        }
        return null;
    }

    /** A path beside this one, or null if it has letters that the names of this system can't be made of, as a name may show. */
    private static @Nullable Path sibling(Path file, String name) {
        try {
            return file.resolveSibling(name);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private static boolean isInSuffix(char c) {
        return isDigit(c) || IN_SUFFIX.indexOf(c) >= 0;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
