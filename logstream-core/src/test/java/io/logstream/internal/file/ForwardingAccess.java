package io.logstream.internal.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The real file system, to be changed in parts. */
class ForwardingAccess implements FileAccess {
    private final FileAccess real = FileAccess.system();

    @Override
    public @Nullable FileStat stat(Path path) throws IOException {
        return real.stat(path);
    }

    @Override
    public OpenFile open(Path path) throws IOException {
        return new ForwardingFile(real.open(path));
    }

    @Override
    public List<Path> list(Path directory, String prefix) throws IOException {
        return real.list(directory, prefix);
    }

    @Override
    public @Nullable Path link(Path path) throws IOException {
        return real.link(path);
    }

    @Override
    public boolean isLocal(Path directory) {
        return true;
    }

    /** A file of it, to be changed in parts. */
    static class ForwardingFile implements OpenFile {
        private final OpenFile file;

        ForwardingFile(OpenFile file) {
            this.file = file;
        }

        @Override
        public int read(long offset, byte[] into, int at, int length) throws IOException {
            return file.read(offset, into, at, length);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
