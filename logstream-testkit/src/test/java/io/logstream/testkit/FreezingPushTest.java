package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.spi.LogSource;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

class FreezingPushTest extends LogSourceTck {
    @Override
    protected LogUnderTest newLog() {
        FreezingPeer peer = new FreezingPeer("north");
        return new LogUnderTest() {
            @Override
            public LogSource source() {
                return new FreezingPush(peer, Duration.ofMillis(500));
            }

            @Override
            public Set<Ability> abilities() {
                return EnumSet.of(Ability.POSITIONS, Ability.PARTIAL_LINES, Ability.ANY_BYTES, Ability.BREAK);
            }

            @Override
            public void append(Channel channel, byte[] bytes) {
                peer.append(bytes);
            }

            @Override
            public void breakConnections() {
                peer.freeze();
            }

            @Override
            public void close() {}
        };
    }
}
