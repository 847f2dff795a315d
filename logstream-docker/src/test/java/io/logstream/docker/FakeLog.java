package io.logstream.docker;

import io.logstream.Channel;
import io.logstream.spi.LogSource;
import io.logstream.testkit.LogUnderTest;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;

/** The log of a container of a {@link FakeDaemon}, for the contract's cases. */
class FakeLog implements LogUnderTest {
    final FakeDaemon fake;
    final FakeContainer container;
    private final DockerDaemon daemon;
    private final DockerSource source;

    FakeLog(String status) throws IOException {
        fake = new FakeDaemon();
        container = fake.container("web", status);
        daemon = DockerDaemon.of(fake.host());
        source = DockerSource.builder(daemon, "web").endWithContainer(true).build();
    }

    @Override
    public LogSource source() {
        return source;
    }

    @Override
    public Set<Ability> abilities() {
        return EnumSet.of(
                Ability.POSITIONS,
                Ability.EXACT_START,
                Ability.HISTORY,
                Ability.ANY_BYTES,
                Ability.END,
                Ability.BREAK,
                Ability.FORGET);
    }

    @Override
    public Set<Channel> channels() {
        return EnumSet.allOf(Channel.class);
    }

    @Override
    public void append(Channel channel, byte[] bytes) {
        container.write(channel, bytes);
    }

    @Override
    public void end() {
        container.exit(0);
    }

    @Override
    public void breakConnections() throws IOException {
        fake.breakConnections();
    }

    @Override
    public void forget() {
        container.forget();
    }

    @Override
    public void close() throws IOException {
        daemon.close();
        fake.close();
    }
}
