package io.logstream.internal.file;

import io.logstream.internal.file.FileStat.Kind;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The file system through the JDK. Files are read through {@link RandomAccessFile} where possible, because a {@code
 * FileChannel} is closed by an interrupt of the thread that reads.
 */
final class SystemFiles implements FileAccess {
    static final SystemFiles INSTANCE = new SystemFiles();

    private static final String ATTRIBUTES = "unix:dev,ino,mode,size,lastModifiedTime,creationTime";
    private static final Set<String> LOCAL = Set.of(
            "ext2",
            "ext3",
            "ext4",
            "xfs",
            "btrfs",
            "zfs",
            "f2fs",
            "jfs",
            "bcachefs",
            "tmpfs",
            "ramfs",
            "overlay",
            "vfat",
            "exfat");

    /** The devices on which a file was seen whose birth time is not that of its last write. */
    private final Set<Long> withBirths = ConcurrentHashMap.newKeySet();

    private SystemFiles() {}

    @Override
    public @Nullable FileStat stat(Path path) throws IOException {
        try {
            Map<String, Object> unix = Files.readAttributes(path, ATTRIBUTES);
            long modified = nanos(unix, "lastModifiedTime");
            long birth = nanos(unix, "creationTime");
            long device = number(unix, "dev");
            return new FileStat(
                    kind((int) number(unix, "mode")),
                    device,
                    number(unix, "ino"),
                    isBirth(device, birth, modified) ? birth : FileStat.UNKNOWN,
                    number(unix, "size"),
                    modified);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Where there are no birth times, the JDK gives the time of the last write. */
    private boolean isBirth(long device, long birth, long modified) {
        if (birth == modified) {
            return withBirths.contains(device);
        }
        if (birth < modified && !withBirths.contains(device)) {
            withBirths.add(device);
        }
        return true;
    }

    private static long number(Map<String, Object> attributes, String name) {
        return ((Number) Objects.requireNonNull(attributes.get(name))).longValue();
    }

    private static long nanos(Map<String, Object> attributes, String name) {
        return ((FileTime) Objects.requireNonNull(attributes.get(name))).to(TimeUnit.NANOSECONDS);
    }

    /** The file type bits of {@code st_mode}, inode(7). */
    private static Kind kind(int mode) {
        return switch (mode & 0xF000) {
            case 0x8000 -> Kind.FILE;
            case 0x4000 -> Kind.DIRECTORY;
            case 0x1000 -> Kind.FIFO;
            case 0xC000 -> Kind.SOCKET;
            default -> Kind.DEVICE;
        };
    }

    @Override
    public OpenFile open(Path path) throws IOException {
        try {
            return new Plain(path);
        } catch (FileNotFoundException e) {
            // It says this whatever the reason.
            if (Files.notExists(path)) {
                throw new NoSuchFileException(path.toString());
            }
            if (!Files.isReadable(path)) {
                throw new AccessDeniedException(path.toString());
            }
            // A name that the language of the system can't spell, which only a channel can open; or it tells the
            // reason.
            return new ByChannel(FileChannel.open(path));
        }
    }

    @Override
    public List<Path> list(Path directory, String prefix) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(
                directory, entry -> String.valueOf(entry.getFileName()).startsWith(prefix))) {
            entries.forEach(found::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    @Override
    public @Nullable Path link(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isSymbolicLink()
                ? Files.readSymbolicLink(path)
                : null;
    }

    @Override
    public boolean isLocal(Path directory) {
        try {
            return LOCAL.contains(Files.getFileStore(directory).type());
        } catch (IOException e) {
            return false;
        }
    }

    /** A file on a descriptor of its own. */
    private static final class Plain extends RandomAccessFile implements OpenFile {
        Plain(Path path) throws FileNotFoundException {
            super(path.toFile(), "r");
        }

        @Override
        public int read(long offset, byte[] into, int at, int length) throws IOException {
            seek(offset);
            return Math.max(0, read(into, at, length));
        }

        @Override
        public long size() throws IOException {
            return length();
        }
    }

    /** A file through a channel: an interrupt closes it, and then it is opened again. */
    private record ByChannel(FileChannel channel) implements OpenFile {
        @Override
        public int read(long offset, byte[] into, int at, int length) throws IOException {
            return Math.max(0, channel.read(ByteBuffer.wrap(into, at, length), offset));
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
