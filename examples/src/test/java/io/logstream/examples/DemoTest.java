package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** The demo, whose viewers show all lines unless they are held up for most of a second: nothing runs beside it. */
@Isolated
class DemoTest {

    @Test
    void demo_run_showsAGapAndAccountsForEveryLine() throws Exception {
        try (Cli demo = Cli.start("demo")) {
            assertThat(demo.exitCode()).isZero();
            assertThat(demo.err.soFar()).isEmpty();
            assertThat(demo.out.soFar())
                    .anyMatch(
                            line -> line.matches("slow +\\| -- \\d+ lines missing \\(LAPPED\\): lines \\d+ to \\d+ --"))
                    .anyMatch(line -> line.matches("errors +\\| .* ERROR disk is full, number \\d+"))
                    .anyMatch(line -> line.matches("all +0 \\+ +1500 \\+ +0 \\+ +0 = +1500 *"))
                    .anyMatch(line -> line.matches("errors +0 \\+ +5 \\+ +1495 \\+ +0 = +1500 *"))
                    .anyMatch(line -> line.matches("slow +0 \\+ +\\d+ \\+ +0 \\+ +\\d+ = +1500 *"))
                    .endsWith("Every line is accounted for.");
        }
    }
}
