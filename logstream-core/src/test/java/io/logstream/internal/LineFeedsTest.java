package io.logstream.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LineFeedsTest {
    /** Bytes of which a careless trick with words takes one for a line feed, or its neighbour. */
    private static final byte[] LIKE = {0x0b, 0x09, (byte) 0x8a, (byte) 0x8b, 0, (byte) 0xff, 0x7f, (byte) 0x80, 'a'};

    @Test
    void first_findsEachPlace() {
        for (int length = 0; length < 40; length++) {
            for (int at = 0; at < length; at++) {
                byte[] source = new byte[length];
                Arrays.fill(source, (byte) 0x0b);
                source[at] = '\n';
                for (int from = 0; from <= length; from++) {
                    assertThat(LineFeeds.first(source, from, length)).isEqualTo(from <= at ? at : -1);
                }
            }
        }
    }

    @Test
    void all_findsWhatALoopFinds_withAnyRoomAndInAnyPlace() {
        Random random = new Random(7);
        for (int round = 0; round < 3000; round++) {
            byte[] source = bytes(random, random.nextInt(round % 10 == 0 ? 40_000 : 200), 1 + random.nextInt(100));
            int from = random.nextInt(source.length + 1);
            int to = from + random.nextInt(source.length - from + 1);
            int[] expected =
                    IntStream.range(from, to).filter(i -> source[i] == '\n').toArray();
            int first = random.nextInt(3);
            int room = random.nextBoolean() ? expected.length : random.nextInt(expected.length + 1);
            int[] found = new int[first + room];
            byte[] work = bytes(random, to - from + random.nextInt(50), 2);
            int workAt = random.nextInt(work.length - (to - from) + 1);
            byte[] before = work.clone();

            assertThat(LineFeeds.all(source, from, to, found, first, work, workAt))
                    .isEqualTo(found.length);

            assertThat(Arrays.copyOfRange(found, first, found.length)).isEqualTo(Arrays.copyOf(expected, room));
            assertThat(Arrays.copyOf(work, workAt)).isEqualTo(Arrays.copyOf(before, workAt));
            assertThat(Arrays.copyOfRange(work, workAt + to - from, work.length))
                    .isEqualTo(Arrays.copyOfRange(before, workAt + to - from, work.length));
        }
    }

    /** Bytes of which one of so many is a line feed. */
    private static byte[] bytes(Random random, int length, int oneOf) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = random.nextInt(oneOf) == 0 ? (byte) '\n' : LIKE[random.nextInt(LIKE.length)];
        }
        return bytes;
    }
}
