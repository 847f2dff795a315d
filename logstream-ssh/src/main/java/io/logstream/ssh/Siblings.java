package io.logstream.ssh;

import java.util.regex.Pattern;

/** Which names beside a log are those that rotation gives to it. */
final class Siblings {
    private static final String COUNTER = "[.\\-_]\\d{1,9}";
    private static final String DATE = "[.\\-_]\\d[\\dTtZz:.\\-_+]{5,40}";
    private static final String WORD = "[.\\-_](old|bak|prev|last|rotated|orig)|~";
    private static final String COMPRESSED = "(\\.(gz|bz2|xz|zst|lz4|lzma|Z|zip))?";

    private final String directory;
    private final String name;
    private final Pattern rotated;

    Siblings(String path) {
        int slash = path.lastIndexOf('/');
        directory = slash < 0 ? "." : slash == 0 ? "/" : path.substring(0, slash);
        name = path.substring(slash + 1);
        String behind = Pattern.quote(name) + "(" + COUNTER + "|" + DATE + "|" + WORD + ")" + COMPRESSED;
        int dot = name.lastIndexOf('.');
        String inside = dot <= 0
                ? ""
                : "|" + Pattern.quote(name.substring(0, dot)) + DATE + Pattern.quote(name.substring(dot)) + COMPRESSED;
        rotated = Pattern.compile(behind + inside, Pattern.DOTALL);
    }

    String directory() {
        return directory;
    }

    boolean isRotated(String other) {
        return !other.equals(name) && rotated.matcher(other).matches();
    }

    static boolean isCompressed(String name) {
        return name.matches("(?s).*\\.(gz|bz2|xz|zst|lz4|lzma|Z|zip)");
    }

    String path(String sibling) {
        return directory.equals("/") ? "/" + sibling : directory.equals(".") ? sibling : directory + "/" + sibling;
    }
}
