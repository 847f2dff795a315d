package io.logstream.examples;

import io.logstream.file.FileDiscovery;
import io.logstream.file.FileSource;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Understands what the user names as a source: {@code scheme:rest}, or a path. A path that exists is a path, whatever it
 * looks like; {@code file:} makes one of anything, {@code docker:} names containers, {@code ssh:} files of other machines, and
 * {@code slurm:} jobs. A
 * path with wildcards that does not exist is a pattern, a directory means all files in it.
 */
final class Sources {

    /** Makes a source of what follows the name of the scheme and its colon. */
    private interface Scheme {
        NamedSource source(String given, String rest, boolean follow);
    }

    /** A single letter is no scheme. */
    private static final Pattern WITH_SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(.*)", Pattern.DOTALL);

    private Sources() {}

    /**
     * Understands all of them; one that is given twice counts once.
     *
     * @throws UserError if one of them is no source, or can't be read as things are
     */
    static List<NamedSource> parse(List<String> given, boolean follow, SshOptions ssh, SlurmOptions slurm) {
        Map<String, Scheme> schemes = new TreeMap<>(Map.of(
                "file",
                Sources::file,
                "docker",
                new DockerScheme()::source,
                "ssh",
                new SshScheme(ssh)::source,
                "slurm",
                new SlurmScheme(slurm.with(ssh))::source));
        return given.stream().distinct().map(one -> parse(one, schemes, follow)).toList();
    }

    private static NamedSource parse(String given, Map<String, Scheme> schemes, boolean follow) {
        if (given.isEmpty() || given.length() > 1000) {
            throw new UserError("a source is named by 1 to 1000 characters, not by " + given.length());
        }
        Matcher matcher = WITH_SCHEME.matcher(given);
        if (!matcher.matches() || (!given.startsWith("file:") && Files.exists(path(given)))) {
            return file(given, given, follow);
        }
        Scheme scheme = schemes.get(matcher.group(1));
        if (scheme == null) {
            throw new UserError("unknown scheme " + matcher.group(1) + ": in '" + given + "'; known: "
                    + String.join(": ", schemes.keySet()) + ":, and file:" + given + " names a file");
        }
        return scheme.source(given, matcher.group(2), follow);
    }

    private static NamedSource file(String given, String rest, boolean follow) {
        if (rest.isEmpty()) {
            throw new UserError("'" + given + "' names no file");
        }
        Path path = path(rest);
        if (Files.isDirectory(path)) {
            if (!Files.isReadable(path)) {
                throw new UserError(path + " can't be read: permission denied");
            }
            String literal = rest.replaceAll("[\\\\*?\\[{]", "\\\\$0"); // it exists, so they are no wildcards
            return files(given, literal.equals(rest) ? rest : literal + "/*", follow);
        }
        if (!Files.exists(path) && isPattern(rest)) {
            return files(given, rest, follow);
        }
        check(path, follow);
        return NamedSource.of(
                given, "file", FileSource.builder(path).follow(follow).build());
    }

    /** What the ids of all streams begin with that a source given like this finds. */
    static String literalBeginning(String given) {
        if (given.startsWith("docker:")) {
            return "docker:";
        }
        if (given.startsWith("slurm:")) {
            return given.split("[_*]", 2)[0];
        }
        String path = given.startsWith("file:") ? given.substring("file:".length()) : given;
        return path.split("[*?\\[{\\\\]", 2)[0];
    }

    private static boolean isPattern(String path) {
        return path.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0);
    }

    private static NamedSource files(String given, String pattern, boolean follow) {
        try {
            FileDiscovery files = FileDiscovery.builder(pattern).follow(follow).build();
            return NamedSource.of(given, "file", files);
        } catch (IllegalArgumentException e) {
            throw new UserError(String.valueOf(e.getMessage()));
        }
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UserError("'" + text + "' is no path: " + e.getReason());
        }
    }

    /** A stream waits patiently for a log that it can't read; the user of a command wants to know at once. */
    private static void check(Path path, boolean follow) {
        Path parent = path.toAbsolutePath().getParent();
        if (Files.exists(path)) {
            if (!Files.isRegularFile(path)) {
                throw new UserError(path + " is not a regular file");
            } else if (!Files.isReadable(path)) {
                throw new UserError(path + " can't be read: permission denied");
            }
        } else if (parent != null && !Files.isDirectory(parent)) {
            throw new UserError("there is no directory " + parent + ", so " + path + " can't be waited for");
        } else if (!Files.notExists(path)) {
            throw new UserError(path + " can't be reached: permission denied");
        } else if (!follow) {
            throw new UserError("there is no file " + path);
        }
    }
}
