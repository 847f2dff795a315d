package io.logstream.internal.file;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.regex.PatternSyntaxException;

/** Files that are left out: by their names or, if the pattern has a slash, by their paths. Immutable and threadsafe. */
public final class Exclusion {
    private final String pattern;
    private final PathMatcher glob;

    /**
     * An exclusion.
     *
     * @param pattern a glob
     * @throws IllegalArgumentException if it is none
     */
    public Exclusion(String pattern) {
        this.pattern = pattern;
        try {
            // Any directories may also be none, which a glob of the JDK has no word for.
            String ofNone = pattern.replace("/**/", "{/,/**/}");
            String glob = ofNone.startsWith("**/") ? "{,**/}" + ofNone.substring(3) : ofNone;
            this.glob = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("'" + pattern + "' is no pattern: " + e.getDescription(), e);
        }
    }

    boolean matches(Path base, Path file) {
        if (pattern.indexOf('/') < 0) {
            Path name = file.getFileName();
            return name != null && glob.matches(name);
        }
        return glob.matches(pattern.startsWith("/") ? file : base.relativize(file));
    }

    @Override
    public String toString() {
        return pattern;
    }
}
