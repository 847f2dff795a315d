package io.logstream.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a daemon has left out is found when the log is read again. */
class TraceTest {

    @Test
    void nothingIsMissing_whereAllHadCome() {
        Trace trace = new Trace();
        trace.add(0, 100);
        trace.add(1, 90);
        trace.add(0, 101);
        trace.begin();
        trace.compare(0, 50, true); // from before
        trace.compare(0, 100, true);
        trace.compare(1, 90, true);
        trace.compare(0, 101, true);
        assertThat(trace.settle()).isZero();
        assertThat(trace.size()).isZero();
    }

    /** Logs at random, of which some entries had not come. */
    @Test
    void whatHadNotCome_isCounted() {
        for (int seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            Trace trace = new Trace();
            List<long[]> log = new ArrayList<>();
            long clock = 1_000_000;
            int missing = 0;
            int count = 3 + random.nextInt(200);
            for (int i = 0; i < count; i++) {
                clock += 1 + random.nextInt(1000);
                int channel = random.nextInt(3) / 2;
                log.add(new long[] {channel, clock});
                if (i > 0 && i < count - 1 && random.nextInt(10) == 0) {
                    missing++;
                } else {
                    trace.add(channel, clock);
                }
            }
            trace.begin();
            trace.compare(0, 10, true);
            log.forEach(entry -> trace.compare((int) entry[0], entry[1], true));
            assertThat(trace.settle()).as("seed %d", seed).isEqualTo(missing);
        }
    }
}
