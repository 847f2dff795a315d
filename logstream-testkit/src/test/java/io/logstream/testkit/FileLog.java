package io.logstream.testkit;

import io.logstream.Channel;
import io.logstream.spi.LogSource;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** A log that is a file, made by the first append. It forgets by being cut, or by being deleted. */
record FileLog(Path path, LogSource source, Set<Ability> abilities, boolean forgetsByDelete) implements LogUnderTest {

    FileLog(Path path, LogSource source, Set<Ability> abilities) {
        this(path, source, abilities, false);
    }

    @Override
    public void append(Channel channel, byte[] bytes) throws IOException {
        Files.write(path, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Override
    public void forget() throws IOException {
        if (forgetsByDelete) {
            Files.delete(path);
        } else {
            FileChannel.open(path, StandardOpenOption.WRITE).truncate(0).close();
        }
    }

    @Override
    public void close() {}
}
