package io.logstream.internal.file;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names as rotation makes them: a number or a date behind the log's name, and perhaps a compression. */
final class Rotated {
    private static final Pattern SUFFIX = Pattern.compile("[-._~]?(\\d[\\dTZ:._+-]*?)(\\.(?:gz|xz|zst|bz2|lz4|Z))?");
    private static final Pattern COMPRESSED = Pattern.compile(".*\\.(?:gz|xz|zst|bz2|lz4|Z)", Pattern.DOTALL);
    private static final String IN_SUFFIX = "TZ:._+-~";

    private Rotated() {}

    /**
     * Takes apart what stands behind the log's name: if it matches, group 1 is the number or date and group 2 the
     * compression or null.
     */
    static Matcher suffix(String suffix) {
        return SUFFIX.matcher(suffix);
    }

    /** Whether the name is that of a compressed file. */
    static boolean isCompressed(String name) {
        return COMPRESSED.matcher(name).matches();
    }

    /**
     * The log of which rotation made this file, or null if that is none of these: its name with a number or date behind
     * it. Behind a digit that takes something between them: job-12 is not what rotation made of job-1.
     */
    @Nullable
    static Path log(Path file, Set<Path> logs) {
        String name = String.valueOf(file.getFileName());
        for (int at = name.length() - 1; at > 0 && isInSuffix(name.charAt(at)); at--) {
            boolean number = isDigit(name.charAt(at)) && isDigit(name.charAt(at - 1));
            if (!number && SUFFIX.matcher(name.substring(at)).matches()) {
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
