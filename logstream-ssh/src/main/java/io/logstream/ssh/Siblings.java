package io.logstream.ssh;

import java.util.regex.Pattern;

/** Which names beside a log are those that rotation gives to it: the same as for files that are here. */
final class Siblings {
    private static final String COUNTER = "[.\\-_]\\d{1,9}";
    /** As in {@code app.log1}; behind a digit it would be another number. */
    private static final String COUNTER_ALONE = "(?<!\\d)\\d{1,9}";

    private static final String DATE = "[.\\-_]\\d[\\dTtZz:.\\-_+]{5,40}";
    private static final String WORD = "[.\\-_~](old|bak|backup|prev|previous|last|save|orig|rotated)|~";
    private static final String COMPRESSION = "\\.(gz|bz2|xz|zst|lz4|lzma|Z|zip)";

    private final String directory;
    private final String name;
    private final Pattern rotated;

    Siblings(String path) {
        int slash = path.lastIndexOf('/');
        directory = slash < 0 ? "." : slash == 0 ? "/" : path.substring(0, slash);
        name = path.substring(slash + 1);
        String compressed = "(" + COMPRESSION + ")?";
        String behind =
                Pattern.quote(name) + "(" + COUNTER + "|" + COUNTER_ALONE + "|" + DATE + "|" + WORD + "|)" + compressed;
        int dot = name.lastIndexOf('.');
        String inside = dot <= 0
                ? ""
                : "|" + Pattern.quote(name.substring(0, dot)) + DATE + Pattern.quote(name.substring(dot)) + compressed;
        rotated = Pattern.compile(behind + inside, Pattern.DOTALL);
    }

    String directory() {
        return directory;
    }

    boolean isRotated(String other) {
        return !other.equals(name) && rotated.matcher(other).matches();
    }

    static boolean isCompressed(String name) {
        return name.matches("(?s).*" + COMPRESSION);
    }

    String path(String sibling) {
        return directory.equals("/") ? "/" + sibling : directory.equals(".") ? sibling : directory + "/" + sibling;
    }
}
