package io.logstream.slurm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which tasks of an array wait, as Slurm writes them. */
class TaskRangesTest {
    private static boolean has(String ranges, long task) {
        return TaskRanges.contains(ranges, task);
    }

    @Test
    void tasks_areInTheirRanges() {
        String ranges = "0-9:3,17,20-29%4";
        assertThat(has(ranges, 6) && has(ranges, 17) && has(ranges, 29)).isTrue();
        assertThat(has(ranges, 7) || has(ranges, 18) || has(ranges, 30)).isFalse();
    }

    /** They are in order, so what does not wait any more among those that are told is not among those that are not. */
    @Test
    void tasksThatAreNotTold_areBehindThoseThatAre_whereTheTextIsCut() {
        for (String ranges : new String[] {"7,9,11,...", "7,9,11,1...", "7-11:2,...%4"}) {
            assertThat(has(ranges, 7) && has(ranges, 11) && has(ranges, 12) && has(ranges, 1000))
                    .as(ranges)
                    .isTrue();
            assertThat(has(ranges, 5) || has(ranges, 8) || has(ranges, 10))
                    .as(ranges)
                    .isFalse();
        }
        assertThat(has("0-1...", 0)).isTrue();
    }
}
