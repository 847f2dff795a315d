package io.logstream.examples;

import io.logstream.LogStreamException;
import io.logstream.ResumeToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/**
 * Keeps the place reached in each stream, so that the next run goes on there. For one process at a time; threadsafe.
 *
 * <pre>
 * logstream resume file 1
 * TOKEN STREAM            a line for each stream; a line feed in its name is written as \n, a backslash as \\
 * crc32c 89abcdef         over the lines before
 * </pre>
 */
final class ResumeFile {
    private static final String HEADER = "logstream resume file 1\n";
    private static final String FOOTER = "crc32c ";

    private final Path path;
    private final Map<String, ResumeToken> tokens; // by name

    private ResumeFile(Path path, Map<String, ResumeToken> tokens) {
        this.path = path;
        this.tokens = tokens;
    }

    /**
     * Reads a file; one that is not there is as good as one without any token.
     *
     * @throws UserError if it can't be used
     */
    static ResumeFile open(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new UserError("there is no directory " + parent + " for the resume file " + path);
        }
        try {
            Path file = path.toRealPath(); // what a link leads to is replaced, not the link
            return new ResumeFile(file, parse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8)));
        } catch (NoSuchFileException e) {
            return new ResumeFile(path, new TreeMap<>());
        } catch (LogStreamException | IllegalArgumentException e) {
            throw new UserError("the resume file " + path + " is damaged: " + e.getMessage()
                    + "; without it, following begins anew");
        } catch (IOException e) {
            throw new UserError("the resume file " + path + " can't be read: " + UserError.reason(e));
        }
    }

    /** The places reached in these streams, as far as they are known. */
    synchronized Map<String, ResumeToken> tokens(Predicate<String> streams) {
        Map<String, ResumeToken> result = new TreeMap<>(tokens);
        result.keySet().removeIf(streams.negate());
        return result;
    }

    /**
     * Replaces the places of some streams and leaves the others as they are. The file holds the old places or the new ones
     * at any moment.
     */
    synchronized void save(Map<String, ResumeToken> reached) throws IOException {
        tokens.putAll(reached);
        Path temporary = path.resolveSibling(path.getFileName() + ".tmp");
        try (FileChannel file = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(format());
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private String format() {
        StringBuilder text = new StringBuilder(HEADER);
        tokens.forEach((stream, token) -> text.append(token)
                .append(' ')
                .append(stream.replace("\\", "\\\\").replace("\n", "\\n"))
                .append('\n'));
        return text + FOOTER + checksum(text.toString()) + '\n';
    }

    private static Map<String, ResumeToken> parse(String text) {
        int footer = text.lastIndexOf(FOOTER);
        if (!text.startsWith(HEADER) || footer < 0) {
            throw new IllegalArgumentException("it does not begin and end as a resume file does");
        }
        String body = text.substring(0, footer);
        if (!text.substring(footer).equals(FOOTER + checksum(body) + '\n')) {
            throw new IllegalArgumentException("its checksum is wrong");
        }
        Map<String, ResumeToken> tokens = new TreeMap<>();
        int at = HEADER.length();
        while (at < body.length()) {
            int space = body.indexOf(' ', at);
            int end = body.indexOf('\n', space);
            tokens.put(unescape(body.substring(space + 1, end)), ResumeToken.parse(body.substring(at, space)));
            at = end + 1;
        }
        return tokens;
    }

    private static String unescape(String name) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            text.append(c != '\\' ? c : name.charAt(++i) == 'n' ? '\n' : '\\');
        }
        return text.toString();
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }
}
