package io.logstream.docker;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the history of a log from the files of the driver json-file, where this program can: the daemon, which needs more
 * time for a line than all else together, is asked only for what follows. Whatever is not as expected ends this stage, and
 * the daemon tells the rest.
 */
final class LogFile implements Stage {
    private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);
    private static final int CHUNK = 256 * 1024;
    private static final int MAX_LINE = 8 << 20;
    private static final int MAX_FILES = 1000;

    private final DockerReader reader;
    private final Deque<FileChannel> files;
    private final Handover handover;
    private final JsonEntry entry;
    private byte[] buffer = new byte[CHUNK];
    private int length;
    private boolean told;

    private LogFile(DockerReader reader, Deque<FileChannel> files) {
        this.reader = reader;
        this.files = files;
        handover = new Handover(reader, Gate.Window.WHOLE, false);
        entry = new JsonEntry(handover);
    }

    /** The stage, or null if the files can't all be read. */
    static @Nullable LogFile open(DockerReader reader, String path) {
        Deque<FileChannel> files = new ConcurrentLinkedDeque<>(); // closed by any thread
        try {
            if (!path.isEmpty() && Files.isRegularFile(Path.of(path)) && open(path, files)) {
                return new LogFile(reader, files);
            }
        } catch (IOException | RuntimeException e) {
            LOG.info("{}: {} can't be read, the daemon is asked instead: {}", reader, path, e.getMessage());
        }
        close(files);
        return null;
    }

    /**
     * Opens them from the newest to the oldest, so that one that is rotated meanwhile is met twice and not missed; each is
     * read once. False if one is compressed.
     */
    private static boolean open(String path, Deque<FileChannel> files) throws IOException {
        Set<Object> met = new HashSet<>();
        for (int number = 0; number < MAX_FILES; number++) {
            Path file = Path.of(number == 0 ? path : path + "." + number);
            if (Files.exists(Path.of(file + ".gz"))) {
                return false;
            }
            try {
                files.addFirst(FileChannel.open(file, StandardOpenOption.READ));
            } catch (NoSuchFileException e) {
                return number > 0;
            }
            // It fails where the file is rotated in this moment; then the daemon is asked.
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (!met.add(Objects.requireNonNullElse(attributes.fileKey(), file))) {
                files.removeFirst().close();
            }
        }
        return true;
    }

    @Override
    public LogReader.@Nullable Outcome step(LineSink sink) throws IOException {
        if (!told) {
            told = true;
            sink.position(reader.position());
        }
        handover.begin(sink);
        try {
            while (sink.room() > 0) {
                if (!readOn() || handover.turn() != null) {
                    return reader.askForLog();
                }
            }
            return LogReader.Outcome.MORE;
        } catch (IOException e) {
            LOG.info("{}: the daemon is asked for the rest of the log: {}", reader, e.getMessage());
            return reader.askForLog();
        } finally {
            handover.end();
        }
    }

    /** Reads a piece; false behind the last one. */
    private boolean readOn() throws IOException {
        FileChannel file = files.peekFirst();
        if (file == null) {
            return false;
        }
        if (length == buffer.length) {
            if (length >= MAX_LINE) {
                throw new IOException("an entry of more than " + MAX_LINE + " bytes");
            }
            buffer = Arrays.copyOf(buffer, 2 * length);
        }
        int read = file.read(ByteBuffer.wrap(buffer, length, buffer.length - length));
        if (read < 0) {
            file.close();
            files.pollFirst();
            length = 0; // of a line that is being written
            return !files.isEmpty();
        }
        int scanned = length;
        length += read;
        int from = 0;
        for (int end = end(scanned); end < length; end = end(from)) {
            entry.read(buffer, from, end);
            from = end + 1;
        }
        System.arraycopy(buffer, from, buffer, 0, length - from);
        length -= from;
        return true;
    }

    private int end(int from) {
        return ByteSearch.first(buffer, from, length, (byte) '\n', (byte) '\n');
    }

    @Override
    public void close() {
        close(files);
    }

    private static void close(Deque<FileChannel> files) {
        List<FileChannel> open = new ArrayList<>(files);
        for (FileChannel file : open) {
            try {
                file.close();
            } catch (IOException e) {
                LOG.debug("closing a log's file failed", e);
            }
        }
    }
}
