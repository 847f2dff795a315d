package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.spi.LogSource;
import java.util.EnumSet;
import java.util.Set;

class ScriptedDockerFramesTest extends LogSourceTck {
    @Override
    protected LogUnderTest newLog() {
        DockerWire wire = new DockerWire("4f1c");
        return new LogUnderTest() {
            @Override
            public LogSource source() {
                return new ScriptedDockerFrames(wire);
            }

            @Override
            public Set<Ability> abilities() {
                return EnumSet.of(
                        Ability.POSITIONS,
                        Ability.HISTORY,
                        Ability.PARTIAL_LINES,
                        Ability.ANY_BYTES,
                        Ability.END,
                        Ability.BREAK);
            }

            @Override
            public Set<Channel> channels() {
                return EnumSet.allOf(Channel.class);
            }

            @Override
            public void append(Channel channel, byte[] bytes) {
                wire.append(channel, bytes);
            }

            @Override
            public void end() {
                wire.end();
            }

            @Override
            public void breakConnections() {
                wire.breakConnections();
            }

            @Override
            public void close() {}
        };
    }
}
