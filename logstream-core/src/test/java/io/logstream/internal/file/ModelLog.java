package io.logstream.internal.file;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A log on the real file system of which everything is known: what was ever written to each file at the path, and what of
 * it the reader could know. It is the reader's access to the files, so times are simulated, and who may open what.
 *
 * <p>A <i>life</i> is what is written to one file from its beginning, or from a cut, to the next cut. It consists of
 * <i>pieces</i>: whole lines, or parts of one, each with its number in it. A piece is <i>excused</i> from being told of
 * where nobody can know of it: it was cut away, or its file removed, before the reader looked; or it was written to a file
 * that the reader had left before it was opened again.
 */
final class ModelLog extends ForwardingAccess {
    final List<Piece> pieces = new ArrayList<>();
    /** The least bytes of a piece. */
    int least = 12;

    private final List<Life> lives = new ArrayList<>();
    private final Map<Long, Body> bodies = new HashMap<>();
    /** The newest first, named by their places. */
    private final List<Body> rotated = new ArrayList<>();

    private final Rig rig;
    private final boolean linked;
    private final int keep;
    private final StringBuilder output = new StringBuilder();
    private Path home;
    private int homes;
    private long tick;
    private int places;

    @Nullable
    Body current;
    /** The life in which the last position is. */
    @Nullable
    Life reached;

    /** What is written to a file in one go. */
    static final class Piece {
        final Life life;
        final int number;
        final int index;
        final String text;
        /** Whether a line feed follows it. */
        final boolean endsLine;
        /** How much the reader had told when it was written. */
        final int writtenAt;
        /** Written after the reader had left the file, or may have: it held a newer one. */
        boolean late;

        boolean seen;
        boolean excused;

        Piece(Life life, int number, int size, boolean endsLine, int writtenAt) {
            this.life = life;
            this.number = number;
            this.index = life.pieces.size();
            String begin = "[" + number + ":";
            int filling = Math.max(0, size - begin.length() - (endsLine ? 2 : 1));
            // No two pieces look alike anywhere.
            this.text = begin + (number + ".").repeat(filling).substring(0, filling) + "]";
            this.endsLine = endsLine;
            this.writtenAt = writtenAt;
            this.late = life.left;
            this.excused = life.forgotten;
        }

        @Nullable
        Piece before() {
            return index == 0 ? null : life.pieces.get(index - 1);
        }
    }

    /** What one file holds between two cuts. */
    static final class Life {
        final int number;
        final List<Piece> pieces = new ArrayList<>();
        private boolean destroyed;
        private boolean left;
        private boolean forgotten;

        Life(int number) {
            this.number = number;
        }
    }

    /** A file on the disk. */
    static final class Body {
        private final long born;
        private final long inode;
        private Path path;
        private Life life;
        private long modified;
        private long rotatedAt;
        private boolean denied;
        private int open;

        Body(Path path, Life life, long inode, long born) {
            this.path = path;
            this.life = life;
            this.inode = inode;
            this.born = born;
            this.modified = born;
        }
    }

    /** {@code keep}: so many rotated files are kept; {@code linked}: the path is a symbolic link. */
    ModelLog(Rig rig, int keep, boolean linked) throws IOException {
        this.rig = rig;
        this.keep = keep;
        this.linked = linked;
        this.home = rig.directory;
        if (linked) {
            moveHome();
        }
        create();
    }

    // What can happen to it.

    void create() throws IOException {
        current = made(Files.createFile(home.resolve("app.log")));
    }

    void write(int count, int size, boolean endsLast) throws IOException {
        if (current == null) {
            create();
        }
        append(Objects.requireNonNull(current), count, size, endsLast);
    }

    /** Writes to the file that was rotated last. Returns whether it was lately. */
    boolean writeLate(int count, long withinNanos) throws IOException {
        if (rotated.isEmpty() || rig.context.time.nanoTime() - rotated.get(0).rotatedAt > withinNanos) {
            return false;
        }
        append(rotated.get(0), count, 24, true);
        return true;
    }

    void rotate() throws IOException {
        Body old = Objects.requireNonNull(current);
        shift();
        Files.move(old.path, suffixed(1));
        old.path = suffixed(1);
        old.rotatedAt = rig.context.time.nanoTime();
        rotated.add(0, old);
        current = null;
        prune();
    }

    void copyTruncate() throws IOException {
        Body old = Objects.requireNonNull(current);
        shift();
        Files.copy(old.path, suffixed(1));
        Body copy = made(suffixed(1), old.life);
        copy.rotatedAt = Long.MIN_VALUE / 2; // nobody writes to a copy
        rotated.add(0, copy);
        truncate();
        prune();
    }

    /** Cuts the file, and writes a line so that it has this many bytes again. */
    void refill(long size) throws IOException {
        truncate();
        write(1, (int) Math.max(least, size), true);
    }

    void truncate() throws IOException {
        Body cut = Objects.requireNonNull(current);
        Files.newByteChannel(cut.path, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
                .close();
        cut.life.destroyed = true;
        for (Piece piece : cut.life.pieces) {
            piece.excused |= !piece.seen;
        }
        cut.life = newLife();
        cut.modified = now();
    }

    void delete() throws IOException {
        Body old = Objects.requireNonNull(current);
        Files.delete(old.path);
        destroyed(old);
        current = null;
    }

    void replace(int count) throws IOException {
        Body old = current;
        Body fresh = made(Files.createFile(home.resolve("prepared")));
        append(fresh, count, 20, true);
        fresh.path = home.resolve("app.log");
        Files.move(home.resolve("prepared"), fresh.path, StandardCopyOption.ATOMIC_MOVE);
        if (old != null) {
            destroyed(old);
        }
        current = fresh;
    }

    /** Lets the symbolic link name a new file in a new directory. */
    void switchLink(int count) throws IOException {
        Body old = current;
        List<Body> unreachable = new ArrayList<>(rotated);
        rotated.clear();
        moveHome();
        create();
        write(count, 20, true);
        if (old != null) {
            destroyed(old);
        }
        unreachable.forEach(this::destroyed);
    }

    private void moveHome() throws IOException {
        home = Files.createDirectory(rig.directory.resolve("home" + homes++));
        Path link = Files.createSymbolicLink(rig.directory.resolve("link"), home.resolve("app.log"));
        Files.move(link, rig.log, StandardCopyOption.ATOMIC_MOVE);
    }

    boolean isLinked() {
        return linked;
    }

    long size() throws IOException {
        return current == null ? 0 : Files.size(current.path);
    }

    /** Forbids to open the file at the path, or allows all again. */
    void deny(boolean denied) {
        if (denied && current != null) {
            current.denied = true;
        } else if (!denied) {
            bodies.values().forEach(body -> body.denied = false);
        }
    }

    boolean isDenied() {
        return bodies.values().stream().anyMatch(body -> body.denied);
    }

    void clear() throws IOException {
        try (Stream<Path> files = Files.walk(rig.directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private Body made(Path path) throws IOException {
        return made(path, newLife());
    }

    private Body made(Path path, Life life) throws IOException {
        Body body = new Body(path, life, (long) Files.getAttribute(path, "unix:ino"), now());
        bodies.put(body.inode, body);
        return body;
    }

    private Life newLife() {
        Life life = new Life(lives.size());
        lives.add(life);
        return life;
    }

    private void append(Body body, int count, int size, boolean endsLast) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            Piece piece = new Piece(body.life, pieces.size(), Math.max(least, size), endsLast || i < count - 1, told());
            // The reader holds what it has left for a while, but not what it could not open.
            piece.late |= isNewerOpen(body);
            piece.excused |= piece.late && body.open == 0;
            pieces.add(piece);
            body.life.pieces.add(piece);
            text.append(piece.text).append(piece.endsLine ? "\n" : "");
        }
        Files.writeString(body.path, text, ISO_8859_1, StandardOpenOption.APPEND);
        body.modified = now();
    }

    private boolean isNewerOpen(Body body) {
        return bodies.values().stream().anyMatch(other -> other.open > 0 && other.life.number > body.life.number);
    }

    private void shift() throws IOException {
        for (int i = rotated.size(); i > 0; i--) {
            Body body = rotated.get(i - 1);
            Files.move(body.path, suffixed(i + 1));
            body.path = suffixed(i + 1);
        }
    }

    private void prune() throws IOException {
        while (rotated.size() > keep) {
            Body last = rotated.remove(rotated.size() - 1);
            Files.delete(last.path);
            destroyed(last);
        }
    }

    private Path suffixed(int place) {
        return home.resolve("app.log." + place);
    }

    private void destroyed(Body body) {
        body.life.destroyed = true;
        if (body.life != reached && body.open == 0) {
            excuse(body.life);
        }
    }

    private static void excuse(Life life) {
        life.pieces.forEach(piece -> piece.excused = true);
    }

    /** Every file is made and written at another moment. */
    private long now() {
        return rig.context.time.epochNanos() + ++tick;
    }

    // What the reader makes of it.

    private int told() {
        return output.length() + rig.sink.text.length();
    }

    /** The reader has been at it: remembers what it told. */
    void progress() {
        output.append(rig.sink.takeText());
        if (rig.sink.places.size() == places) {
            return;
        }
        places = rig.sink.places.size();
        Body at = bodies.get(FileMark.of(rig.position()).inode());
        if (at != null && (reached == null || at.life.number > reached.number)) {
            reached = at.life;
            lives.subList(0, reached.number).forEach(life -> life.left = true);
        }
    }

    /** The reader is closed, and all that it knew besides the position is forgotten. */
    void forget() {
        int at = reached == null ? 0 : reached.number;
        // A position at the beginning of a file fits whatever is written there.
        boolean begun = places > 0 && FileMark.of(rig.position()).offset() > 0;
        for (Life life : lives) {
            life.forgotten |= life.number < at;
            for (Piece piece : life.pieces) {
                piece.seen = false;
                piece.excused |= life.number > at || (life.number == at && !begun)
                        ? life.destroyed
                        : life.forgotten && piece.late;
            }
        }
    }

    String output() {
        return output.toString();
    }

    @Override
    public @Nullable FileStat stat(Path path) throws IOException {
        FileStat stat = super.stat(path);
        Body body = stat == null ? null : bodies.get(stat.inode());
        if (stat == null || body == null) {
            return stat;
        }
        return new FileStat(stat.kind(), stat.device(), stat.inode(), body.born, stat.size(), body.modified);
    }

    @Override
    public OpenFile open(Path path) throws IOException {
        Body body = bodies.get((long) Files.getAttribute(path, "unix:ino"));
        if (Objects.requireNonNull(body).denied) {
            throw new AccessDeniedException(path.toString());
        }
        OpenFile file = super.open(path);
        body.open++;
        return new ForwardingFile(file) {
            @Override
            public int read(long offset, byte[] into, int at, int length) throws IOException {
                if (offset + length > readTo(body)) {
                    body.life.pieces.forEach(piece -> piece.seen = true);
                }
                return super.read(offset, into, at, length);
            }

            @Override
            public void close() throws IOException {
                body.open--;
                super.close();
            }
        };
    }

    /** What lies before this is only looked at to know the file again. */
    private long readTo(Body body) {
        FileMark last = rig.sink.places.isEmpty() ? null : FileMark.of(rig.position());
        return last != null && last.inode() == body.inode ? last.offset() : 0;
    }
}
