package io.logstream.internal.file;

import io.logstream.LogStreamException;
import io.logstream.internal.file.FileStat.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files beside a log whose names begin with its name: where rotation puts what was in the log before. Directories are
 * listed only when something has been rotated or cut, never while a log just grows.
 */
final class Siblings {
    private static final Pattern COUNTER = Pattern.compile("\\d{1,6}");
    /** How many files are held open to be read between two others. */
    private static final int MAX_BETWEEN = 100;
    /** How many files are opened to compare their contents. */
    private static final int MAX_COMPARED = 50;
    /** How much must be equal before a file that is not the same inode counts as a copy. */
    private static final int COPY_BYTES = 32;

    private final FileAccess access;
    private final Path path;

    Siblings(FileAccess access, Path path) {
        this.access = access;
        this.path = path;
    }

    /** A file beside the log. */
    private record Sibling(Path path, FileStat stat, String suffix) {
        boolean isCompressed() {
            Matcher rotated = Rotated.suffix(suffix);
            return rotated.matches() && rotated.group(2) != null;
        }

        /** The number or date in its name, or an empty text. */
        String stamp() {
            Matcher rotated = Rotated.suffix(suffix);
            return rotated.matches() ? String.valueOf(rotated.group(1)) : "";
        }

        private boolean isCounted() {
            return COUNTER.matcher(stamp()).matches();
        }

        /** Grows with the order of rotation: the counter goes down, a date up. */
        String order() {
            return isCounted() ? String.format("%07d", 1_000_000 - Integer.parseInt(stamp())) : stamp();
        }

        /** Whether the names say that this was rotated away after the other. */
        boolean isNamedAfter(Sibling other) {
            return !other.stamp().isEmpty() && isCounted() == other.isCounted() && order().compareTo(other.order()) > 0;
        }

        /** Whether nothing in the names says that this was not rotated away after the other. */
        boolean mayFollow(Sibling other) {
            return other.stamp().isEmpty() || isCounted() != other.isCounted() || order().compareTo(other.order()) > 0;
        }
    }

    /**
     * Files rotated away, oldest first; {@code lost} says that others among them can't be read any more, {@code lostFirst}
     * that there may have been others before them.
     */
    record Between(List<FollowedFile> files, boolean lostFirst, boolean lost) {}

    /** The marked file under another name, at the mark, or null if it is not there. */
    @Nullable
    FollowedFile renamed(FileMark mark) throws IOException {
        for (Sibling sibling : list()) {
            if (sibling.stat.inode() == mark.inode()
                    && FileStat.birthsFit(sibling.stat.birthNanos(), mark.birthNanos())) {
                FollowedFile file = openAt(sibling, mark);
                if (file != null) {
                    return file;
                }
            }
        }
        return null;
    }

    /** A copy of the marked file that was made before it was cut, at the mark, or null if there is none. */
    @Nullable
    FollowedFile copy(FileMark mark) throws IOException {
        if (mark.offset() < COPY_BYTES) {
            return null;
        }
        List<Sibling> siblings = list();
        siblings.removeIf(sibling -> sibling.stat.size() < mark.offset() || sibling.stat.inode() == mark.inode());
        siblings.sort(Comparator.comparingLong((Sibling sibling) -> sibling.stat.modifiedNanos())
                .reversed());
        for (Sibling sibling : siblings.subList(0, Math.min(MAX_COMPARED, siblings.size()))) {
            FollowedFile file = openAt(sibling, mark);
            if (file != null) {
                return file;
            }
        }
        return null;
    }

    private @Nullable FollowedFile openAt(Sibling sibling, FileMark mark) throws IOException {
        FollowedFile file = openIfReadable(sibling);
        boolean fits = false;
        try {
            fits = file != null && file.stat().sameFile(sibling.stat) && file.seek(mark);
            return fits ? file : null;
        } finally {
            if (file != null && !fits) {
                file.close();
            }
        }
    }

    /** The file, or null if it is gone or can't be read: then it must not keep the log itself from being read. */
    private @Nullable FollowedFile openIfReadable(Sibling sibling) {
        try {
            return FollowedFile.open(access, sibling.path);
        } catch (IOException | LogStreamException e) {
            return null;
        }
    }

    /**
     * What was rotated away after one file of the log and before another. Decided by birth times, times of last writes
     * and names together: a file is left out rather than read for nothing.
     */
    Between between(FollowedFile older, FollowedFile newer) throws IOException {
        List<Sibling> siblings = list();
        Sibling old = null;
        for (Sibling sibling : siblings) {
            old = sibling.stat.sameFile(older.stat()) ? sibling : old;
        }
        // Rotation may have gone on since the newer one was found.
        for (Sibling young : List.copyOf(siblings)) {
            if (young.stat.sameFile(newer.stat())) {
                siblings.removeIf(
                        sibling -> sibling.isNamedAfter(young) && isBornAfter(sibling.stat, young.stat, true));
            }
        }
        List<FollowedFile> files = new ArrayList<>();
        boolean lost = false;
        Sibling drained = old;
        siblings.removeIf(sibling -> sibling.stat.sameFile(older.stat())
                || sibling.stat.sameFile(newer.stat())
                || !isBetween(sibling, drained, older.stat()));
        // A file may be written late; counters tell the order all the same.
        siblings.sort(
                siblings.stream().allMatch(Sibling::isCounted)
                        ? Comparator.comparing(Sibling::order)
                        : Comparator.comparingLong((Sibling sibling) -> sibling.stat.modifiedNanos())
                                .thenComparing(Sibling::order));
        for (Sibling sibling : siblings) {
            FollowedFile file = sibling.isCompressed() || files.size() == MAX_BETWEEN ? null : openIfReadable(sibling);
            if (file == null) {
                lost = true;
            } else if (file.isCopyOf(older)) {
                file.close();
            } else {
                // A copy that was made before the older one was cut was read as far as that.
                if (older.mark().offset() >= COPY_BYTES) {
                    file.seek(older.mark());
                }
                files.add(file);
            }
        }
        // Where the older one was removed, so may be others that came after it.
        return new Between(files, old == null && !files.isEmpty(), lost);
    }

    private static boolean isBetween(Sibling sibling, @Nullable Sibling old, FileStat older) {
        FileStat stat = sibling.stat;
        if (sibling.stamp().isEmpty()) {
            return false;
        }
        if (old != null) {
            // The older one may have been written late, after the last line of this one.
            boolean sure = sibling.isNamedAfter(old) && !sibling.isCompressed() && isBornAfter(stat, old.stat, false);
            return sibling.mayFollow(old)
                    && (sure || stat.modifiedNanos() >= old.stat.modifiedNanos())
                    && (sibling.isCompressed() || isBornAfter(stat, older, true));
        }
        // Copies of what the older one held before it was cut are younger than it, but not than its last write.
        return !sibling.isCompressed()
                && stat.modifiedNanos() >= older.modifiedNanos()
                && isBornAfter(stat, older, false);
    }

    private static boolean isBornAfter(FileStat stat, FileStat older, boolean ifUnknown) {
        return stat.birthNanos() == FileStat.UNKNOWN || older.birthNanos() == FileStat.UNKNOWN
                ? ifUnknown
                : stat.birthNanos() >= older.birthNanos();
    }

    /** All regular files beside the log, by the path as given and as resolved. */
    private List<Sibling> list() throws IOException {
        List<Sibling> siblings = new ArrayList<>();
        addFrom(path, siblings);
        Path real = PathHops.of(access, path).real();
        if (!real.equals(path)) {
            addFrom(real, siblings);
        }
        return siblings;
    }

    private void addFrom(Path log, List<Sibling> siblings) throws IOException {
        Path directory = log.getParent();
        String name = String.valueOf(log.getFileName());
        if (directory == null || access.stat(directory) == null) {
            return;
        }
        for (Path entry : access.list(directory, name)) {
            String suffix = String.valueOf(entry.getFileName()).substring(name.length());
            FileStat stat = suffix.isEmpty() ? null : access.stat(entry);
            if (stat != null && stat.kind() == Kind.FILE) {
                siblings.add(new Sibling(entry, stat, suffix));
            }
        }
    }
}
