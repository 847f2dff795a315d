package io.logstream.ssh;

import io.logstream.LogStreamException;
import io.logstream.ssh.Sftp.Handle;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The files beside a log that rotation made of it: where a place is that is no longer at the path, and whether some of them
 * was never read. Waits for answers. Used by one thread at a time.
 */
final class Beside {
    /** How many of the newest are looked into. */
    private static final int MOST = 64;
    /** How often names are looked at again that have changed meanwhile. */
    private static final int LOOKS = 5;

    /** How many bytes of a known file must be in another one that has no more, for it to be a copy: others may begin so too. */
    private static final int LEAST_COPY = 64;

    private final BlockingSftp sftp;
    private final Siblings siblings;

    /**
     * What is known already.
     *
     * @param open files that are open
     * @param ended places where others ended that are not
     * @param newest the one of the open files that is at the path, as far as is known, and so not beside it
     */
    record Known(
            List<Handle> open, List<Place> ended, @Nullable Handle newest) {
        static final Known NOTHING = new Known(List.of(), List.of(), null);

        Known and(List<RemoteFile> files, @Nullable RemoteFile newest) {
            List<Handle> all = new ArrayList<>(open);
            files.forEach(file -> all.add(file.handle()));
            return new Known(all, ended, newest == null ? this.newest : newest.handle());
        }
    }

    Beside(BlockingSftp sftp, String path) {
        this.sftp = sftp;
        this.siblings = new Siblings(path);
    }

    /** What may have been written since some time, the newest first. */
    private List<Sftp.Name> since(long modified) throws IOException, InterruptedException {
        List<Sftp.Name> names = new ArrayList<>();
        for (Sftp.Name one : sftp.list(siblings.directory())) {
            Attributes seen = one.attributes();
            if (siblings.isRotated(one.name())
                    && seen.isRegular()
                    && seen.size() != 0
                    && (seen.modified() < 0 || seen.modified() >= modified)) {
                names.add(one);
            }
        }
        names.sort(Comparator.comparingLong((Sftp.Name one) -> one.attributes().modified())
                .reversed());
        return names;
    }

    /** What is there at one moment: files under the names that they have. */
    private final class Glance implements AutoCloseable {
        final List<Sftp.Name> names;
        /** The opened files; null for what is compressed, not wanted, or can't be opened. */
        final List<@Nullable RemoteFile> files = new ArrayList<>();

        private final long since;

        /** Opens what was written since some time and is not compressed. */
        Glance(long since) throws IOException, InterruptedException {
            this.since = since;
            names = since(since);
            boolean done = false;
            try {
                for (Sftp.Name one : names.subList(0, Math.min(MOST, names.size()))) {
                    files.add(Siblings.isCompressed(one.name()) ? null : open(one));
                }
                done = true;
            } finally {
                if (!done) {
                    close();
                }
            }
        }

        /** Whether there were more than are looked into. */
        boolean isTooMuch() {
            return names.size() > MOST;
        }

        /** Whether the names lead to the same files now as before; where they may be written to all the time, to what they became. */
        boolean isSteady(boolean mayGrow) throws IOException, InterruptedException {
            List<Sftp.Name> now = since(since);
            boolean steady = now.size() == names.size();
            for (Sftp.Name one : now) {
                steady &= names.stream()
                        .anyMatch(before -> before.name().equals(one.name())
                                && (mayGrow
                                        ? before.attributes().canBecome(one.attributes(), one.attributes())
                                        : before.attributes().sameSizeAndTime(one.attributes())));
            }
            return steady;
        }

        /** Takes a file out of this, so that it is not closed with it. */
        void keep(RemoteFile file) {
            files.set(files.indexOf(file), null);
        }

        @Override
        public void close() {
            for (RemoteFile file : files) {
                if (file != null) {
                    file.close();
                }
            }
        }
    }

    private @Nullable RemoteFile open(Sftp.Name one) throws IOException, InterruptedException {
        try {
            return sftp.open(siblings.path(one.name()), 0);
        } catch (SftpStatus | LogStreamException e) {
            return null; // it is passed over
        }
    }

    /** The ends of those that were written last: what is written after them was written later. */
    List<Place> newest() throws IOException, InterruptedException {
        List<Place> places = new ArrayList<>();
        for (Sftp.Name one : since(-1)) {
            long modified = one.attributes().modified();
            if (places.size() == Place.MOST_OLDER
                    || (!places.isEmpty() && modified < places.get(0).modified())) {
                break;
            }
            places.add(end(one));
        }
        return places;
    }

    /** Where a file ends, by its content if that can be read. */
    private Place end(Sftp.Name one) throws IOException, InterruptedException {
        long size = one.attributes().size();
        RemoteFile file = open(one);
        if (file == null) {
            return Place.endOf(one.attributes());
        }
        try {
            int before = (int) Math.min(size, Place.ANCHOR_BYTES);
            file.seek(size, sftp.bytes(file.handle(), size - before, before));
            return file.place();
        } finally {
            file.close();
        }
    }

    // ---- where a place is

    /**
     * The files that hold some places, put there; null for a place that none holds. Of several that hold one, such as a copy
     * made on the way, the longest.
     */
    List<@Nullable RemoteFile> holders(List<Place> places) throws IOException, InterruptedException {
        List<@Nullable RemoteFile> holders = new ArrayList<>(Collections.nCopies(places.size(), null));
        List<Integer> order = new ArrayList<>();
        long since = Long.MAX_VALUE;
        for (int i = 0; i < places.size(); i++) {
            if (!places.get(i).isBlank()) {
                order.add(i);
                since = Math.min(since, places.get(i).modified());
            }
        }
        if (order.isEmpty()) {
            return holders;
        }
        order.sort(Comparator.comparingLong((Integer i) -> places.get(i).needs())
                .reversed()); // what begins alike is told apart by what follows
        for (int look = 1; ; look++) {
            try (Glance glance = new Glance(since)) {
                if (look < LOOKS && !glance.isSteady(look == LOOKS - 1)) {
                    continue;
                }
                boolean done = false;
                try {
                    for (int i : order) {
                        RemoteFile holder = longest(glance.files, places.get(i));
                        if (holder != null) {
                            glance.keep(holder);
                            holders.set(i, holder);
                        }
                    }
                    done = true;
                    return holders;
                } finally {
                    if (!done) {
                        holders.stream().filter(Objects::nonNull).forEach(RemoteFile::close);
                    }
                }
            }
        }
    }

    private @Nullable RemoteFile longest(List<@Nullable RemoteFile> files, Place place)
            throws IOException, InterruptedException {
        RemoteFile longest = null;
        for (RemoteFile file : files) {
            if (file != null && (longest == null || file.seenSize() > longest.seenSize()) && holds(file, place)) {
                longest = file;
            }
        }
        if (longest == null || !seek(longest, place)) {
            return null;
        }
        longest.modified(place.modified()); // the path did not name it any more
        return longest;
    }

    /** Whether a file holds a place. */
    private boolean holds(RemoteFile file, Place place) throws IOException, InterruptedException {
        return anchor(file, place) != null;
    }

    /** Puts a file to a place if it holds it. */
    boolean seek(RemoteFile file, Place place) throws IOException, InterruptedException {
        byte[] anchor = anchor(file, place);
        if (anchor == null) {
            return false;
        }
        file.seek(place.offset(), anchor);
        file.generation(place.generation());
        return true;
    }

    private byte @Nullable [] anchor(RemoteFile file, Place place) throws IOException, InterruptedException {
        byte[] head = file.head();
        if (head.length < place.headLength() || Fingerprint.of(head, 0, place.headLength()) != place.head()) {
            return null;
        }
        int before = place.anchorLength();
        byte[] anchor = before == 0 ? new byte[0] : sftp.bytes(file.handle(), place.offset() - before, before);
        return anchor.length == before && Fingerprint.of(anchor, 0, before) == place.anchor() ? anchor : null;
    }

    // ---- what was not read

    /**
     * Whether a file was written since some time that is not known, nor the beginning of one that is: lines that were not read
     * may be in it.
     */
    boolean hasUnread(long since, Known known) throws IOException, InterruptedException {
        if (since < 0) {
            return false;
        }
        for (int look = 1; look < LOOKS; look++) {
            try (Glance glance = new Glance(since)) {
                boolean unread = glance.isTooMuch() || !new Comparison(known).areKnown(glance);
                if (glance.isSteady(look == LOOKS - 1)) {
                    return unread;
                }
            }
        }
        return true;
    }

    /** One look at all of them. Each file that is known explains one of them, and what is its beginning. */
    private final class Comparison {
        private final Known known;
        private final boolean[] isSeen;
        private final boolean[] isEndedSeen;
        private final List<byte[]> heads = new ArrayList<>();

        Comparison(Known known) {
            this.known = known;
            isSeen = new boolean[known.open().size()];
            isEndedSeen = new boolean[known.ended().size()];
        }

        boolean areKnown(Glance glance) throws IOException, InterruptedException {
            heads.addAll(sftp.heads(known.open(), Place.HEAD_BYTES));
            List<Attributes> now = sftp.stat(known.open());
            boolean all = true;
            for (RemoteFile file : glance.files) {
                all &= file == null || isKnown(file, now);
            }
            for (int i = 0; i < isSeen.length; i++) {
                isSeen[i] |= known.open().get(i) == known.newest();
            }
            for (int i = 0; i < glance.files.size(); i++) {
                Sftp.Name one = glance.names.get(i);
                boolean compressed = Siblings.isCompressed(one.name());
                all &= glance.files.get(i) != null || looksKnown(one.attributes(), compressed, now);
            }
            return all;
        }

        private boolean isKnown(RemoteFile file, List<Attributes> now) throws IOException, InterruptedException {
            long size = file.seenSize();
            for (int i = 0; i < isSeen.length; i++) {
                boolean whole = !isSeen[i] && now.get(i).size() == size;
                if ((whole || size >= LEAST_COPY)
                        && beginsWith(heads.get(i), file.head())
                        && endsAlike(known.open().get(i), file, size)) {
                    isSeen[i] |= whole;
                    return true;
                }
            }
            for (int i = 0; i < isEndedSeen.length; i++) {
                Place place = known.ended().get(i);
                if (place.offset() == size && holds(file, place)) {
                    isEndedSeen[i] = true;
                    return true;
                }
            }
            return false;
        }

        private boolean endsAlike(Handle one, RemoteFile other, long size) throws IOException, InterruptedException {
            int length = (int) Math.min(size, Place.HEAD_BYTES);
            byte[] end = sftp.bytes(other.handle(), size - length, length);
            return end.length == length && Arrays.equals(end, sftp.bytes(one, size - length, length));
        }

        /** Where it can't be read, what it looks like must do. Programs that compress keep the time of the last write. */
        private boolean looksKnown(Attributes seen, boolean compressed, List<Attributes> now) {
            for (int i = 0; i < isSeen.length; i++) {
                if (!isSeen[i]
                        && (compressed
                                ? seen.modified() == now.get(i).modified()
                                : seen.canBecome(now.get(i), now.get(i)))) {
                    isSeen[i] = true;
                    return true;
                }
            }
            for (int i = 0; i < isEndedSeen.length; i++) {
                Place place = known.ended().get(i);
                if (!isEndedSeen[i]
                        && place.modified() == seen.modified()
                        && (compressed || place.offset() == seen.size())) {
                    isEndedSeen[i] = true;
                    return true;
                }
            }
            return false;
        }
    }

    private static boolean beginsWith(byte[] whole, byte[] beginning) {
        return whole.length >= beginning.length
                && Arrays.equals(whole, 0, beginning.length, beginning, 0, beginning.length);
    }
}
