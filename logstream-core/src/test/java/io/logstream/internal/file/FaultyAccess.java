package io.logstream.internal.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The real file system with faults. */
class FaultyAccess extends ForwardingAccess {
    @Nullable
    IOException onRead;

    @Nullable
    IOException onOpen;

    @Nullable
    IOException onStat;

    @Nullable
    IOException onList;

    int mostBytesPerRead = Integer.MAX_VALUE;
    /** Reads and {@code size} see only this much of a file. */
    long visible = Long.MAX_VALUE;

    boolean local = true;
    Runnable beforeOpen = () -> {};
    Runnable beforeList = () -> {};
    int stats;
    int reads;

    private static void fail(@Nullable IOException fault) throws IOException {
        if (fault != null) {
            throw fault;
        }
    }

    @Override
    public @Nullable FileStat stat(Path path) throws IOException {
        stats++;
        fail(onStat);
        return super.stat(path);
    }

    @Override
    public List<Path> list(Path directory, String prefix) throws IOException {
        beforeList.run();
        fail(onList);
        return super.list(directory, prefix);
    }

    @Override
    public OpenFile open(Path path) throws IOException {
        beforeOpen.run();
        fail(onOpen);
        return new ForwardingFile(super.open(path)) {
            @Override
            public int read(long offset, byte[] into, int at, int length) throws IOException {
                reads++;
                fail(onRead);
                long left = Math.min(length, visible - offset);
                return left <= 0 ? 0 : super.read(offset, into, at, (int) Math.min(left, mostBytesPerRead));
            }

            @Override
            public long size() throws IOException {
                return Math.min(visible, super.size());
            }
        };
    }

    @Override
    public boolean isLocal(Path directory) {
        return local;
    }
}
