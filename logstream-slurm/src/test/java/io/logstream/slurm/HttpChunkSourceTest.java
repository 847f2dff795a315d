package io.logstream.slurm;

import io.logstream.Channel;
import io.logstream.spi.LogSource;
import io.logstream.testkit.LogSourceTck;
import io.logstream.testkit.LogUnderTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/** The contract of a source, with a log that a scripted server has. */
class HttpChunkSourceTest extends LogSourceTck {

    @Override
    protected LogUnderTest newLog() {
        try {
            return new Log(new Gateway());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Log implements LogUnderTest {
        private final Gateway gateway;
        private final HttpChunkSource source;

        Log(Gateway gateway) {
            this.gateway = gateway;
            gateway.isMissing = true;
            source = HttpChunkSource.builder(gateway.template(), "12")
                    .pollInterval(Duration.ofMillis(20))
                    .completeHeader("X-Job-Complete", "true")
                    .build();
        }

        @Override
        public LogSource source() {
            return source;
        }

        @Override
        public Set<Ability> abilities() {
            return EnumSet.allOf(Ability.class);
        }

        @Override
        public void append(Channel channel, byte[] bytes) {
            gateway.with(() -> {
                gateway.isMissing = false;
                gateway.append(bytes);
            });
        }

        @Override
        public void end() {
            gateway.with(() -> {
                gateway.isMissing = false;
                gateway.isComplete = true;
            });
        }

        @Override
        public void breakConnections() {
            gateway.with(() -> gateway.drops = 1);
        }

        @Override
        public void forget() {
            gateway.replace(new byte[0]);
        }

        @Override
        public void close() {
            gateway.close();
        }
    }
}
