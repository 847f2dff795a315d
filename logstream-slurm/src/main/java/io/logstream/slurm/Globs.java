package io.logstream.slurm;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Paths with wildcards in their names. */
final class Globs {
    private static final Logger LOG = LoggerFactory.getLogger(Globs.class);
    private static final int MOST = 100;

    private Globs() {}

    /** The files that match, the newest first; of a path without wildcards itself, whether it is there or not. */
    static List<Path> matching(Path pattern) {
        Path root = pattern.getRoot();
        List<Path> found = List.of(root == null ? Path.of("") : root);
        boolean wild = false;
        for (Path name : pattern) {
            List<Path> next = new ArrayList<>();
            boolean isWild = name.toString().chars().anyMatch(c -> "*?[".indexOf(c) >= 0);
            wild |= isWild;
            for (Path directory : found) {
                if (isWild) {
                    list(directory, name.toString(), next);
                } else {
                    next.add(directory.resolve(name));
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
