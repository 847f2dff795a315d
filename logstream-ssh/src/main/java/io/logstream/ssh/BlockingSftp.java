package io.logstream.ssh;

import io.logstream.LogStreamException;
import io.logstream.ssh.Sftp.Handle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** An SFTP client that waits for each answer, so it is for threads that may. Threadsafe. */
final class BlockingSftp {
    /** Of a directory, in characters, with what belongs to each. */
    private static final long MOST_NAMES = 64 << 20;

    private final Sftp sftp;
    private final Duration patience;

    BlockingSftp(Sftp sftp, Duration patience) {
        this.sftp = sftp;
        this.patience = patience;
    }

    /** The file with this name, at its beginning; null if there is none. */
    @Nullable
    RemoteFile open(String path, long generation) throws IOException, InterruptedException {
        Handle handle = null;
        try {
            Attributes before = await(sftp.stat(path)); // to open a FIFO would stop the server
            if (!before.isRegular()) {
                throw new LogStreamException(sftp + ": " + Text.escaped(path) + " is " + before.kind()
                        + ", not a regular file: name a file");
            }
            handle = await(sftp.open(path));
            Attributes seen = await(sftp.stat(handle));
            if (seen.size() < 0) {
                throw new IOException("the SFTP server tells no sizes");
            }
            RemoteFile file = new RemoteFile(sftp, handle, bytes(handle, 0, Place.HEAD_BYTES), seen, generation);
            file.modified(Math.min(before.modified(), seen.modified())); // another file may have followed since
            handle = null;
            return file;
        } catch (SftpStatus e) {
            if (e.code() == SftpStatus.NO_SUCH_FILE) {
                return null;
            }
            throw e.again(sftp + ": " + Text.escaped(path));
        } finally {
            if (handle != null) {
                sftp.close(handle);
            }
        }
    }

    /** The bytes of a file from some place on: so many, or fewer if it ends before. */
    byte[] bytes(Handle handle, long from, int length) throws IOException, InterruptedException {
        byte[] bytes = new byte[length];
        int read = 0;
        while (read < length) {
            ByteBuffer more =
                    await(sftp.read(handle, from + read, length - read)).duplicate();
            if (!more.hasRemaining()) {
                return Arrays.copyOf(bytes, read);
            }
            int fresh = more.remaining();
            more.get(bytes, read, fresh);
            read += fresh;
        }
        return bytes;
    }

    /** What some files begin with, as far as one answer tells it. */
    List<byte[]> heads(List<Handle> handles, int length) throws IOException, InterruptedException {
        List<CompletableFuture<ByteBuffer>> asked =
                handles.stream().map(handle -> sftp.read(handle, 0, length)).toList();
        List<byte[]> heads = new ArrayList<>();
        for (CompletableFuture<ByteBuffer> one : asked) {
            ByteBuffer answer = await(one).duplicate();
            byte[] head = new byte[answer.remaining()];
            answer.get(head);
            heads.add(head);
        }
        return heads;
    }

    CompletableFuture<ByteBuffer> read(Handle handle, long from, int length) {
        return sftp.read(handle, from, length);
    }

    Attributes stat(Handle handle) throws IOException, InterruptedException {
        return await(sftp.stat(handle));
    }

    /** How the file with this name is; null if there is none. */
    @Nullable
    Attributes statOrNull(String path) throws IOException, InterruptedException {
        try {
            return await(sftp.stat(path));
        } catch (SftpStatus e) {
            return null;
        }
    }

    /** How these files are, in their order. */
    List<Attributes> stat(List<Handle> handles) throws IOException, InterruptedException {
        List<CompletableFuture<Attributes>> asked =
                handles.stream().map(sftp::stat).toList();
        List<Attributes> all = new ArrayList<>();
        for (CompletableFuture<Attributes> one : asked) {
            all.add(await(one));
        }
        return all;
    }

    /** What is in a directory; nothing, if there is none or it can't be listed. */
    List<Sftp.Name> list(String path) throws IOException, InterruptedException {
        return sftp.listings().list(path, () -> listed(path));
    }

    private List<Sftp.Name> listed(String path) throws IOException, InterruptedException {
        Handle directory = null;
        List<Sftp.Name> names = new ArrayList<>();
        try {
            directory = await(sftp.openDirectory(path));
            List<Sftp.Name> more = await(sftp.readDirectory(directory));
            long characters = 0;
            while (!more.isEmpty()) {
                names.addAll(more);
                characters += more.stream()
                        .mapToLong(name -> 100 + name.name().length())
                        .sum();
                if (characters > MOST_NAMES) {
                    throw new IOException(sftp + ": " + Text.escaped(path) + " has too many names, or no end of them");
                }
                more = await(sftp.readDirectory(directory));
            }
        } catch (SftpStatus e) {
            if (e.code() != SftpStatus.NO_SUCH_FILE && e.code() != SftpStatus.PERMISSION_DENIED) {
                throw e.again(sftp + ": " + Text.escaped(path));
            }
        } finally {
            if (directory != null) {
                sftp.close(directory);
            }
        }
        return names;
    }

    <T> T await(CompletableFuture<T> answer) throws IOException, InterruptedException {
        boolean got = false;
        try {
            T value = answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            got = true;
            return value;
        } catch (ExecutionException e) {
            got = true;
            throw Search.failure(e.getCause());
        } catch (TimeoutException e) {
            IOException late = new IOException("the SFTP server has not answered for " + patience.toSeconds() + " s");
            sftp.fail(late);
            throw late;
        } finally {
            if (!got) { // what is opened for nobody is closed
                CompletableFuture<Void> unused = answer.thenAccept(late -> {
                    if (late instanceof Handle handle) {
                        sftp.close(handle);
                    }
                });
            }
        }
    }

    @Override
    public String toString() {
        return sftp.toString();
    }
}
