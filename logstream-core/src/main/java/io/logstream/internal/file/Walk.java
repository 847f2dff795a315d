package io.logstream.internal.file;

import io.logstream.internal.file.FileStat.Kind;
import io.logstream.internal.file.PathPattern.Segment;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One look through the directories of a pattern, for the regular files that match it. A set of numbers of segments says
 * which of them an entry of a directory may match, so that each directory is listed once.
 */
final class Walk {
    private final PathPattern pattern;
    private final List<Segment> segments;
    private final FileAccess access;
    private final DirectoryWatch watch;
    /** The files that match, in order. */
    final SortedMap<Path, FileStat> files = new TreeMap<>();
    /** What could not be looked at: nothing is known of it or of what is below it. */
    final List<Unknown> unknown = new ArrayList<>();

    /** A path that could not be looked at, and why. */
    record Unknown(Path path, IOException reason) {}

    Walk(PathPattern pattern, FileAccess access, DirectoryWatch watch) {
        this.pattern = pattern;
        this.segments = pattern.segments();
        this.access = access;
        this.watch = watch;
    }

    /** Looks through all of it. Returns false if there is nothing at the base. */
    boolean run() throws IOException {
        Path base = pattern.base();
        Path real = watch.begin(base).real();
        FileStat stat = access.stat(base);
        if (stat == null) {
            return false;
        }
        if (stat.kind() == Kind.DIRECTORY) {
            BitSet first = new BitSet();
            first.set(0);
            try {
                look(base, real, stat, first);
            } catch (NoSuchFileException | NotDirectoryException e) {
                return false; // gone meanwhile
            }
        } else if (!pattern.isPlain() || pattern.text().endsWith("/")) {
            throw new NotDirectoryException(base.toString());
        } else if (stat.kind() == Kind.FILE) {
            files.put(base, stat);
        }
        return true;
    }

    private void look(Path directory, Path real, FileStat stat, BitSet at) throws IOException {
        for (int i = at.nextSetBit(0); i >= 0; i = at.nextSetBit(i + 1)) {
            if (segments.get(i).isAnyDirectories()) {
                at.set(i + 1); // which may be none
            }
        }
        watch.visit(real, stat); // before it is listed, so that nothing can come in between
        for (Path entry : entries(directory, at)) {
            Path name = entry.getFileName();
            if (name != null) {
                consider(entry, name, real.resolve(name), at);
            }
        }
    }

    private List<Path> entries(Path directory, BitSet at) throws IOException {
        if (at.stream().anyMatch(i -> !segments.get(i).isLiteral())) {
            return access.list(directory, "");
        }
        return at.stream()
                .mapToObj(i -> directory.resolve(segments.get(i).text()))
                .distinct()
                .toList();
    }

    private void consider(Path entry, Path name, Path real, BitSet at) {
        boolean matches = false;
        BitSet next = new BitSet();
        for (int i = at.nextSetBit(0); i >= 0; i = at.nextSetBit(i + 1)) {
            Segment segment = segments.get(i);
            if (segment.isAnyDirectories()) {
                if (!name.toString().startsWith(".")) {
                    next.set(i);
                }
            } else if (segment.matches(name)) {
                if (i == segments.size() - 1) {
                    matches = true;
                } else {
                    next.set(i + 1);
                }
            }
        }
        if (matches || !next.isEmpty()) {
            try {
                enter(entry, real, matches, next, at.nextSetBit(pattern.below()) < 0);
            } catch (NoSuchFileException | NotDirectoryException e) {
                // gone meanwhile
            } catch (IOException e) {
                unknown.add(new Unknown(entry, e));
            }
        }
    }

    private void enter(Path entry, Path real, boolean matches, BitSet next, boolean followLinks) throws IOException {
        FileStat stat = access.stat(entry);
        if (stat == null) {
            return;
        }
        if (stat.kind() == Kind.FILE && matches) {
            files.put(entry, stat);
        } else if (stat.kind() == Kind.DIRECTORY && !next.isEmpty()) {
            if (access.link(entry) == null) {
                look(entry, real, stat, next);
            } else if (followLinks) {
                look(entry, PathHops.of(access, entry).real(), stat, next);
            }
        }
    }

    /** Whether nothing is known of a path, because it or a directory on it could not be looked at. */
    boolean isUnknown(Path path) {
        return unknown.stream().anyMatch(one -> path.startsWith(one.path));
    }
}
