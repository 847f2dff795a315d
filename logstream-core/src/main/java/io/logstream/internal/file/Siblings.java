package io.logstream.internal.file;

import io.logstream.LogStreamException;
import io.logstream.internal.file.Chronicle.Entry;
import io.logstream.internal.file.FileStat.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files beside a log whose names begin as its name does: where rotation puts what was in the log before. Directories are
 * listed only when something has been rotated or cut, never while a log just grows. Names may change all the time while this
 * looks: what was found is held open, and looked for again until nothing more is found.
 */
final class Siblings {
    /** How many files are opened to compare their contents. */
    private static final int MAX_COMPARED = 50;
    /** How often names are looked at again that have changed meanwhile. */
    private static final int MOST_LOOKS = 10;
    /** How much must be equal before a file counts as a copy whenever it was made. */
    private static final int COPY_BYTES = 32;

    private final FileAccess access;
    private final Path path;
    /** Whether a directory could not be listed: what was in it may be missed. */
    private boolean denied;

    Siblings(FileAccess access, Path path) {
        this.access = access;
        this.path = path;
    }

    /** A file, held open, and whether there was another one before it that can't be read any more. */
    record Found(FollowedFile file, boolean lostBefore) {}

    /**
     * Files rotated away after one and before another, oldest first.
     *
     * @param files the files
     * @param steady whether names did not change while they were looked for: else any of them may have been missed
     * @param complete whether the older one is there too: where it was removed, so may be others that came after it
     * @param rotated whether a file after the older one is known to have been rotated away
     * @param lostAfter whether there were others after them that can't be read any more
     * @param more whether there are others after them that were not opened yet
     */
    record Between(
            List<Found> files, boolean steady, boolean complete, boolean rotated, boolean lostAfter, boolean more) {}

    /** The marked file under another name, at the mark, or null if it is not there. */
    @Nullable
    FollowedFile renamed(FileMark mark) throws IOException {
        for (int look = 0; look < MOST_LOOKS; look++) {
            Entry found = null;
            for (Entry entry : list(false)) {
                found = mark.mayBe(entry.stat()) ? entry : found;
            }
            FollowedFile file = found == null ? null : open(found);
            if (file != null) {
                return seekOrClose(file, mark) ? file : null;
            }
            if (found == null || !isMoved(found)) {
                return null;
            }
        }
        return null;
    }

    /** A copy of the marked file that was made before it was cut, at the mark, or null if there is none. */
    @Nullable
    FollowedFile copy(FileMark mark) throws IOException {
        List<Entry> entries = list(false);
        entries.removeIf(entry ->
                entry.stat().size() < mark.offset() || entry.stat().inode() == mark.inode() || !mayBeCopy(entry, mark));
        entries.sort(Comparator.comparingLong((Entry entry) -> entry.stat().modifiedNanos())
                .reversed());
        for (Entry entry : entries.subList(0, Math.min(MAX_COMPARED, entries.size()))) {
            FollowedFile file = open(entry);
            if (file != null && seekOrClose(file, mark)) {
                return file;
            }
        }
        return null;
    }

    /** Whether it counts as a copy if it holds the same: a few bytes alone are not enough. */
    private static boolean mayBeCopy(Entry entry, FileMark mark) {
        boolean bornAfter =
                entry.stamp() != null && mark.offset() > 0 && entry.stat().birthNanos() >= mark.modifiedNanos();
        return mark.offset() >= COPY_BYTES || bornAfter;
    }

    private static boolean seekOrClose(FollowedFile file, FileMark mark) {
        boolean fits = false;
        try {
            fits = file.seek(mark);
        } catch (IOException e) {
            // What can't be read is as good as gone: it must not keep the log itself from being read.
        }
        if (!fits) {
            FollowedFile.closeQuietly(file);
        }
        return fits;
    }

    /** The file, or null if it has another name now or can't be read: that must not keep the log itself from being read. */
    private @Nullable FollowedFile open(Entry entry) throws IOException {
        FollowedFile file;
        try {
            file = FollowedFile.open(access, entry.path());
        } catch (IOException | LogStreamException e) {
            return null;
        }
        if (file != null && !file.stat().isSame(entry.stat())) {
            file.close();
            return null;
        }
        return file;
    }

    private boolean isMoved(Entry entry) throws IOException {
        FileStat now = access.stat(entry.path());
        return now == null || !now.isSame(entry.stat());
    }

    /**
     * What was rotated away after one file of the log and before another.
     *
     * @param older how the older one looked last
     * @param read the place in it to which it was read
     * @param held it, if it is still open
     * @param newer the newer one
     * @param most how many files may be opened
     */
    Between between(FileStat older, FileMark read, @Nullable FollowedFile held, FollowedFile newer, int most)
            throws IOException {
        try (Search search = new Search(older, newer.stat(), most)) {
            return search.run(read, held);
        }
    }

    /** One search for what lies between two files. */
    private final class Search implements Closeable {
        private final FileStat older;
        private final FileStat newer;
        private final int most;
        private final Map<Long, FollowedFile> open = new HashMap<>();
        /** What was found at all looks, in the order of the last look that found it. */
        private final Map<Long, Entry> seen = new LinkedHashMap<>();

        private final Set<Long> unreadable = new HashSet<>();

        Search(FileStat older, FileStat newer, int most) {
            this.older = older;
            this.newer = newer;
            this.most = most;
        }

        Between run(FileMark read, @Nullable FollowedFile held) throws IOException {
            Chronicle chronicle = chronicle();
            boolean steady = chronicle.isSteady();
            boolean complete = isThere(chronicle);
            for (int look = 1; open(chronicle) && look < MOST_LOOKS; look++) {
                chronicle = chronicle();
                steady |= chronicle.isSteady();
                complete |= isThere(chronicle);
            }
            List<Found> files = new ArrayList<>();
            boolean lost = false;
            boolean more = false;
            for (Entry entry : inOrder(chronicle)) {
                lost |= chronicle.hasHoleBefore(entry.stat(), older);
                FollowedFile file = more ? null : open.get(entry.stat().inode());
                if (file == null) {
                    boolean gone = unreadable.contains(entry.stat().inode()) || chronicle.find(entry.stat()) == null;
                    lost |= gone;
                    more |= !gone;
                } else if (isReadable(file, entry, read, held)) {
                    files.add(new Found(file, lost));
                    lost = false;
                } else {
                    lost |= unreadable.contains(entry.stat().inode());
                }
            }
            files.forEach(found -> open.values().remove(found.file()));
            boolean lostAfter = lost || denied || chronicle.hasHoleBefore(newer, older);
            return new Between(files, steady, complete, chronicle.hasRotatedAfter(older), lostAfter, more);
        }

        /** Whether the file is to be read; from where it was read to, if it is a copy of the older one from before a cut. */
        private boolean isReadable(FollowedFile file, Entry entry, FileMark read, @Nullable FollowedFile held) {
            try {
                if (held != null && file.isCopyOf(held)) {
                    return false;
                }
                if (mayBeCopy(entry, read)) {
                    file.seek(read);
                }
                return true;
            } catch (IOException e) {
                unreadable.add(entry.stat().inode());
                return false;
            }
        }

        /**
         * What was found at all looks. What is gone since comes first, because rotation removes the oldest first; unless birth
         * times tell that it was only missed, among names that changed meanwhile.
         */
        private List<Entry> inOrder(Chronicle chronicle) {
            List<Entry> entries = new ArrayList<>(seen.values());
            boolean born = entries.stream().allMatch(entry -> entry.stat().birthNanos() != FileStat.UNKNOWN);
            if (born && entries.stream().anyMatch(entry -> chronicle.find(entry.stat()) == null)) {
                entries.sort(Comparator.comparingLong(entry -> entry.stat().birthNanos()));
            }
            return entries;
        }

        private boolean isThere(Chronicle chronicle) {
            return chronicle.isSteady() && chronicle.find(older) != null;
        }

        /** Opens what was found. Returns whether there may be more to find. */
        private boolean open(Chronicle chronicle) throws IOException {
            boolean again = !chronicle.isSteady();
            List<Entry> between = chronicle.between(older, newer);
            if (chronicle.isSteady()) {
                // Names that change meanwhile may have told something else before.
                seen.values().removeIf(entry -> chronicle.find(entry.stat()) != null);
            }
            for (Entry entry : between) {
                seen.remove(entry.stat().inode());
                seen.put(entry.stat().inode(), entry);
            }
            for (Entry entry : between) {
                long inode = entry.stat().inode();
                if (open.containsKey(inode) || unreadable.contains(inode)) {
                    continue;
                }
                if (open.size() == most) {
                    return again;
                }
                FollowedFile file = entry.isCompressed() ? null : Siblings.this.open(entry);
                if (file != null) {
                    open.put(inode, file);
                } else if (!entry.isCompressed() && isMoved(entry)) {
                    again = true;
                } else {
                    unreadable.add(inode);
                }
            }
            return again;
        }

        /** Closes what was opened and is not handed over. */
        @Override
        public void close() {
            open.values().forEach(FollowedFile::closeQuietly);
        }
    }

    private Chronicle chronicle() throws IOException {
        List<Entry> before = list(true);
        List<Entry> entries = list(true);
        return new Chronicle(entries, isSame(before, entries));
    }

    /** Whether each name names the same file: not another one that has got the number of one that was removed. */
    private static boolean isSame(List<Entry> before, List<Entry> after) {
        Map<Path, FileStat> files = new HashMap<>();
        before.forEach(entry -> files.put(entry.path(), entry.stat()));
        return before.size() == after.size()
                && after.stream().allMatch(entry -> {
                    FileStat stat = files.get(entry.path());
                    return stat != null && stat.isSame(entry.stat());
                });
    }

    /**
     * All regular files beside the log, with or without the log itself, by the path as given and as resolved. None, where
     * the directory may be searched but not listed: the log itself can be read there.
     */
    private List<Entry> list(boolean withLog) throws IOException {
        List<Entry> entries = new ArrayList<>();
        addFrom(path, withLog, entries);
        Path real = PathHops.of(access, path).real();
        if (!real.equals(path)) {
            addFrom(real, withLog, entries);
        }
        return entries;
    }

    private void addFrom(Path log, boolean withLog, List<Entry> entries) throws IOException {
        Path directory = log.getParent();
        String name = String.valueOf(log.getFileName());
        if (directory == null || access.stat(directory) == null) {
            return;
        }
        int extension = name.lastIndexOf('.');
        List<Path> paths;
        try {
            paths = access.list(directory, extension > 0 ? name.substring(0, extension) : name);
        } catch (AccessDeniedException e) {
            denied = true;
            return;
        }
        for (Path path : paths) {
            FileStat stat = withLog || !path.equals(log) ? access.stat(path) : null;
            if (stat != null && stat.kind() == Kind.FILE) {
                entries.add(new Entry(path, stat, Stamp.of(name, String.valueOf(path.getFileName()))));
            }
        }
    }
}
