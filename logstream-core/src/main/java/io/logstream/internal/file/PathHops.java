package io.logstream.internal.file;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The directory entries that decide what a path names: each symbolic link on it, and the last entry that exists or is
 * missing. Whatever makes the path name another file changes one of them.
 *
 * @param hops the entries, in the order in which the path is resolved
 * @param real the path without symbolic links, as far as it exists
 * @param complete whether the last entry is that of the path itself, and not that of a directory which is missing
 */
record PathHops(List<Hop> hops, Path real, boolean complete) {
    private static final int MAX_LINKS = 40;

    /** An entry of a directory that is itself reached without symbolic links. */
    record Hop(Path directory, String name) {}

    /** Resolves an absolute path. */
    static PathHops of(FileAccess access, Path path) throws IOException {
        List<Hop> hops = new ArrayList<>(1);
        Deque<Path> names = new ArrayDeque<>();
        path.forEach(names::add);
        Path root = path.getRoot();
        Path at = root;
        int links = 0;
        while (!names.isEmpty()) {
            Path name = names.pop();
            if (name.toString().equals("..")) {
                at = at.getParent() == null ? root : at.getParent();
                continue;
            }
            if (name.toString().equals(".") || name.toString().isEmpty()) {
                continue;
            }
            Path next = at.resolve(name);
            Path target;
            try {
                target = access.link(next);
            } catch (NoSuchFileException e) {
                hops.add(new Hop(at, name.toString()));
                return new PathHops(hops, next, names.isEmpty());
            }
            if (target != null || names.isEmpty()) {
                hops.add(new Hop(at, name.toString()));
            }
            if (target == null) {
                at = next;
                continue;
            }
            if (++links > MAX_LINKS) {
                throw new FileSystemLoopException(path.toString());
            }
            for (int i = target.getNameCount() - 1; i >= 0; i--) {
                names.push(target.getName(i));
            }
            at = target.isAbsolute() ? root : at;
        }
        return new PathHops(hops, at, true);
    }
}
