package io.logstream.internal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs regular expressions for at most so many steps: {@code java.util.regex} can take hours on one line, or overflow the
 * stack. A step is a look at one character.
 */
final class Bounded {
    /** Steps that a line may take: about ten milliseconds. */
    static final int STEPS = 1_000_000;

    /** Says that an expression took too long; without a stack trace, so that it costs little. */
    static final class OverBound extends RuntimeException {
        private static final long serialVersionUID = 1L;

        OverBound() {
            super("a regular expression took more than " + STEPS + " steps", null, false, false);
        }
    }

    private Bounded() {}

    static boolean find(Pattern pattern, String text) {
        try {
            return matcher(pattern, text).find();
        } catch (StackOverflowError e) {
            throw new OverBound();
        }
    }

    static String replaceAll(Pattern pattern, String text, String replacement) {
        try {
            return matcher(pattern, text).replaceAll(replacement);
        } catch (StackOverflowError e) {
            throw new OverBound();
        }
    }

    private static Matcher matcher(Pattern pattern, String text) {
        return pattern.matcher(new Counted(text));
    }

    /** A text that counts the looks at it. */
    private static final class Counted implements CharSequence {
        private final String text;
        private int left;

        Counted(String text) {
            this.text = text;
            this.left = Math.max(STEPS, 20 * text.length());
        }

        @Override
        public char charAt(int index) {
            if (--left < 0) {
                throw new OverBound();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
