package io.logstream.ssh;

import java.util.List;
import org.junit.jupiter.api.Test;

/** All cases with the system's ssh. */
class RealSystemSshTest extends RealSshTest {
    @Override
    SshConnection.Builder by(SshConnection.Builder builder) {
        return builder.command(List.of("ssh"));
    }

    @Test
    void missingProgram_isRefused() throws Exception {
        assertRefused(reaching().command(List.of("/nowhere/ssh")), "can't be run");
    }
}
