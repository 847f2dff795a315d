package io.logstream.internal.file;

import io.logstream.internal.file.ModelLog.Life;
import io.logstream.internal.file.ModelLog.Piece;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Compares what a reader told with what was written: nothing twice, torn, glued or out of order, nothing lost in silence. */
final class ModelAccount {
    private static final Pattern TOKEN = Pattern.compile("(<end>\n|\n)|(<gap [^>]*>)|<[A-Z_]+>|([^<\n]+)");
    private static final Pattern PIECE = Pattern.compile("\\[(\\d+):[0-9.]*]");

    private final ModelLog log;
    private final Map<Piece, Integer> told = new HashMap<>();
    private final List<Integer> gaps = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final List<Piece> order = new ArrayList<>();
    /** The last piece of the line that is open. */
    private @Nullable Piece open;

    ModelAccount(ModelLog log) {
        this.log = log;
        Matcher token = TOKEN.matcher(log.output());
        while (token.find()) {
            if (token.group(1) != null) {
                endLine(token.group(1).length() > 1);
            } else if (token.group(2) != null) {
                // What is unfinished ends here, and this says so.
                gaps.add(token.start());
                text.setLength(0);
                open = null;
            } else if (token.group(3) != null) {
                text.append(token.group(3));
                takePieces(token.end());
            }
        }
        check(text.isEmpty(), "torn at the end: " + text);
    }

    private void takePieces(int at) {
        Matcher found = PIECE.matcher(text);
        int taken = 0;
        while (found.lookingAt()) {
            int number = Integer.parseInt(found.group(1));
            check(number < log.pieces.size(), "never written: " + found.group());
            Piece piece = log.pieces.get(number);
            check(piece.text.equals(found.group()), "not as it was written: " + found.group());
            check(told.put(piece, at) == null, "twice: " + piece.text);
            Piece before = piece.before();
            if (open != null) {
                check(open == before, "glued to " + open.text + ": " + piece.text);
            } else {
                check(before == null || before.endsLine || piece.late || gapSince(before), "torn: " + piece.text);
            }
            check(
                    before == null || before.endsLine || told.get(before) != null || gapSince(before),
                    "rest: " + piece.text);
            order.add(piece);
            open = piece;
            taken = found.end();
            found.region(taken, text.length());
        }
        text.delete(0, taken);
    }

    private boolean gapSince(Piece piece) {
        return !gaps.isEmpty() && gaps.get(gaps.size() - 1) >= piece.writtenAt;
    }

    private void endLine(boolean implied) {
        check(text.isEmpty(), "torn: " + text);
        if (open == null && implied) {
            return; // told again by a reader that was opened at the position before it
        }
        check(open != null, "an empty line");
        check(open.endsLine != implied, (implied ? "cut at " : "ended by another line: ") + open.text);
        open = null;
    }

    /**
     * That all was told, in the order of writing. A gap may be told too: a reader that was held up for long while it drained
     * a file takes the next one, without knowing whether more would come.
     */
    void checkComplete() {
        check(order.equals(log.pieces), "missing or out of order");
    }

    /**
     * That each file is told in order, and that gaps are where something is missing. Where it is {@code inOrder}, nothing is
     * told after what was written to a newer file after it; a copy may be found only after its original is gone.
     */
    void checkHonest(boolean inOrder) {
        Map<Life, Piece> last = new HashMap<>();
        int newest = 0;
        int written = 0;
        for (Piece piece : order) {
            Piece before = last.put(piece.life, piece);
            check(before == null || before.index < piece.index, "out of order: " + piece.text);
            check(
                    !inOrder || piece.late || piece.life.number >= newest || piece.number > written,
                    "an older file after a newer one: " + piece.text);
            if (piece.life.number >= newest) {
                newest = piece.life.number;
                written = piece.number;
            }
        }
        for (Piece piece : log.pieces) {
            check(told.containsKey(piece) || piece.excused || isCovered(piece), "lost in silence: " + piece.text);
        }
    }

    /** Whether a gap was told after it was written, and before what follows it in its file. */
    private boolean isCovered(Piece missing) {
        int until = Integer.MAX_VALUE;
        for (Piece piece : missing.life.pieces.subList(missing.index, missing.life.pieces.size())) {
            if (told.containsKey(piece)) {
                until = told.get(piece);
                break;
            }
        }
        for (int gap : gaps) {
            if (gap >= missing.writtenAt && gap <= until) {
                return true;
            }
        }
        return false;
    }

    int gaps() {
        return gaps.size();
    }

    int told() {
        return order.size();
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
