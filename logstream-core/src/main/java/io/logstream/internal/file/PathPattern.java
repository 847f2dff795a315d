package io.logstream.internal.file;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A pattern of paths, taken apart: the literal directory in which it begins, and what the names below it must be. Immutable
 * and threadsafe.
 */
public final class PathPattern {
    private final String text;
    private final String baseText;
    private final Path base;
    private final List<Segment> segments;
    private final boolean plain;

    /** What a name on the path must be: these letters, or a match; or, if neither, any directories. */
    record Segment(String text, @Nullable PathMatcher glob) {
        boolean isAnyDirectories() {
            return text.equals("**");
        }

        boolean isLiteral() {
            return glob == null && !isAnyDirectories();
        }

        boolean matches(Path name) {
            String letters = name.toString();
            if (isAnyDirectories() || (glob != null && letters.startsWith(".") && !text.startsWith("."))) {
                return false;
            }
            return glob == null ? text.equals(letters) : glob.matches(name);
        }
    }

    private PathPattern(String text, String baseText, List<Segment> segments, boolean plain) {
        this.text = text;
        this.baseText = baseText;
        this.base = Path.of(baseText).toAbsolutePath().normalize();
        this.segments = segments;
        this.plain = plain;
    }

    /**
     * Takes a pattern apart.
     *
     * @param text the pattern
     * @return what it means
     * @throws IllegalArgumentException if it means nothing
     */
    public static PathPattern parse(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("an empty pattern: name a directory or a pattern of files");
        }
        List<Segment> segments = new ArrayList<>();
        int begin = 0;
        int baseEnd = -1;
        while (begin < text.length()) {
            int end = segmentEnd(text, begin);
            String part = text.substring(begin, end);
            if (baseEnd < 0 && isWild(part)) {
                baseEnd = begin;
            }
            if (baseEnd >= 0 && !part.isEmpty() && !part.equals(".")) {
                add(segment(text, part), segments);
            }
            begin = end + 1;
        }
        boolean plain = baseEnd < 0;
        String base = plain ? text : text.substring(0, baseEnd);
        while (base.length() > 1 && base.endsWith("/")) {
            base = base.substring(0, base.length() - 1);
        }
        if (plain || text.endsWith("/") || segments.get(segments.size() - 1).isAnyDirectories()) {
            segments.add(segment(text, "*"));
        }
        return new PathPattern(text, base, List.copyOf(segments), plain);
    }

    private static void add(Segment segment, List<Segment> to) {
        boolean again = segment.isAnyDirectories()
                && !to.isEmpty()
                && to.get(to.size() - 1).isAnyDirectories();
        if (!again) {
            to.add(segment);
        }
    }

    private static int segmentEnd(String text, int begin) {
        int braces = 0;
        for (int at = begin; at < text.length(); at++) {
            switch (text.charAt(at)) {
                case '\\' -> at++;
                case '{' -> braces++;
                case '}' -> braces--;
                case '/' -> {
                    if (braces > 0) {
                        throw new IllegalArgumentException(
                                "'" + text + "' has a slash in braces: use several patterns instead");
                    }
                    return at;
                }
                default -> {}
            }
        }
        return text.length();
    }

    private static Segment segment(String pattern, String part) {
        if (part.equals("..")) {
            throw new IllegalArgumentException("'" + pattern + "' has '..' behind a wildcard");
        }
        if (part.equals("**") || !isWild(part)) {
            return new Segment(part, null);
        }
        try {
            return new Segment(part, FileSystems.getDefault().getPathMatcher("glob:" + part));
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("'" + pattern + "' is no pattern: " + e.getDescription(), e);
        }
    }

    private static boolean isWild(String part) {
        return part.chars().anyMatch(c -> "*?[{\\".indexOf(c) >= 0);
    }

    /** The pattern as it was given. */
    String text() {
        return text;
    }

    /** The directory in which it begins, absolute. If there is no wildcard, this may be the file itself. */
    Path base() {
        return base;
    }

    /** Whether it has no wildcard: then it means all files in a directory, or one file. */
    boolean isPlain() {
        return plain;
    }

    List<Segment> segments() {
        return segments;
    }

    /** The index of the first segment that is reached through any directories, or the number of segments. */
    int below() {
        for (int i = 0; i < segments.size(); i++) {
            if (segments.get(i).isAnyDirectories()) {
                return i;
            }
        }
        return segments.size();
    }

    /** The base as it was given, and the rest of the path. */
    String id(Path path) {
        String rest = base.relativize(path).toString();
        if (rest.indexOf('\ufffd') >= 0) { // a name with bytes that are no text: they tell names apart
            rest = base.toUri().relativize(path.toUri()).getRawPath();
        }
        return baseText.isEmpty() || rest.isEmpty() || baseText.endsWith("/") ? baseText + rest : baseText + "/" + rest;
    }

    /** The pattern from the root on. */
    @Override
    public String toString() {
        StringBuilder absolute = new StringBuilder(base.toString());
        if (!plain) {
            for (Segment segment : segments) {
                absolute.append(absolute.toString().endsWith("/") ? "" : "/").append(segment.text);
            }
        }
        return absolute.toString();
    }
}
