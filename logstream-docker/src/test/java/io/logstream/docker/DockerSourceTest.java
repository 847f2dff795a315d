package io.logstream.docker;

import io.logstream.testkit.LogSourceTck;
import io.logstream.testkit.LogUnderTest;

/** The contract of a source, with a scripted daemon. */
class DockerSourceTest extends LogSourceTck {
    @Override
    protected LogUnderTest newLog() throws Exception {
        return new FakeLog("running");
    }
}
