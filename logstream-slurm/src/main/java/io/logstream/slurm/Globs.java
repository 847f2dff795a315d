package io.logstream.slurm;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Paths with wildcards in their names. */
final class Globs {
    private static final Logger LOG = LoggerFactory.getLogger(Globs.class);
    private static final int MOST = 100;

    private static final Pattern WILD = Pattern.compile("[*?\\[]");
    private static final Pattern QUOTED = Pattern.compile("\\\\(.)", Pattern.DOTALL);
    private static final Pattern SPECIAL = Pattern.compile("[*?{}\\[\\]\\\\]");

    private Globs() {}

    /** The text with its wildcards as letters like others. */
    static String quoted(String text) {
        return SPECIAL.matcher(text).replaceAll("\\\\$0");
    }

    /**
     * The files that match, the newest first; of a name without wildcards the one, whether it is there or not.
     *
     * @param directory where a relative name begins; has no wildcards
     * @param name a path whose names may have wildcards; a character behind a backslash is none
     */
    static List<Path> matching(Path directory, String name) {
        Path pattern = Path.of(name);
        Path root = pattern.getRoot();
        List<Path> found = List.of(root == null ? directory : root);
        boolean wild = false;
        for (Path part : pattern) {
            String glob = part.toString();
            List<Path> next = new ArrayList<>();
            boolean isWild = WILD.matcher(QUOTED.matcher(glob).replaceAll("")).find();
            wild |= isWild;
            for (Path above : found) {
                if (isWild) {
                    list(above, glob, next);
                } else {
                    next.add(above.resolve(QUOTED.matcher(glob).replaceAll("$1")));
                }
            }
            found = next;
        }
        if (!wild) {
            return found;
        }
        return found.stream()
                .filter(Files::isRegularFile)
                .sorted(Comparator.comparingLong(Globs::modified).reversed())
                .limit(MOST)
                .toList();
    }

    private static void list(Path directory, String glob, List<Path> into) {
        try (DirectoryStream<Path> names = Files.newDirectoryStream(directory, glob)) {
            names.forEach(into::add);
        } catch (IOException | DirectoryIteratorException | PatternSyntaxException e) {
            LOG.debug("{} can't be searched for {}", directory, glob, e);
        }
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            LOG.trace("gone", e);
            return Long.MIN_VALUE;
        }
    }
}
