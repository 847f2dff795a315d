package io.logstream.internal.file;

import io.logstream.internal.file.FileStat.Kind;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A file system in which a path that is a symbolic link names nothing but the link. Directories on the way may be links. */
record NoLinks(FileAccess access) implements FileAccess {
    private static final FileStat LINK = new FileStat(Kind.LINK, 0, 0, FileStat.UNKNOWN, 0, 0);

    @Override
    public @Nullable FileStat stat(Path path) throws IOException {
        try {
            return access.link(path) != null ? LINK : access.stat(path);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    @Override
    public OpenFile open(Path path) throws IOException {
        return access.open(path);
    }

    @Override
    public List<Path> list(Path directory, String prefix) throws IOException {
        return access.list(directory, prefix);
    }

    @Override
    public @Nullable Path link(Path path) throws IOException {
        return access.link(path);
    }

    @Override
    public boolean isLocal(Path directory) {
        return access.isLocal(directory);
    }
}
