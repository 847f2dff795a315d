package io.logstream.docker;

import io.logstream.testkit.LogSourceTck;
import io.logstream.testkit.LogUnderTest;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;

/** The contract of a source whose container is started with the first line, by a daemon that sends few bytes at a time. */
class CreatedContainerTest extends LogSourceTck {
    @Override
    protected LogUnderTest newLog() throws Exception {
        return new Created();
    }

    private static final class Created extends FakeLog {
        Created() throws IOException {
            super("created");
            fake.pieces = 1007;
        }

        @Override
        public Set<Ability> abilities() {
            Set<Ability> abilities = EnumSet.copyOf(super.abilities());
            abilities.add(Ability.APPEARS);
            return abilities;
        }
    }
}
