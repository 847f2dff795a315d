package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.Gap;
import io.logstream.SourceEvent;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;

class ScriptedSourceTckTest extends LogSourceTck {
    @Override
    protected LogUnderTest newLog() {
        return new ScriptedLog();
    }

    static final class ScriptedLog implements LogUnderTest {
        private final ScriptedSource source =
                new ScriptedSource("app").event(SourceEvent.of(SourceEvent.Kind.WAITING, "nothing yet"));

        @Override
        public ScriptedSource source() {
            return source;
        }

        @Override
        public Set<Ability> abilities() {
            return EnumSet.allOf(Ability.class);
        }

        @Override
        public Set<Channel> channels() {
            return EnumSet.allOf(Channel.class);
        }

        @Override
        public void append(Channel channel, byte[] bytes) {
            source.bytes(channel, bytes, Instant.now());
        }

        @Override
        public void end() {
            source.end();
        }

        @Override
        public void breakConnections() {
            source.breakReaders();
        }

        @Override
        public void forget() {
            source.forget(Gap.Reason.TRUNCATED);
        }

        @Override
        public void close() {}
    }
}
