package io.logstream.internal.file;

import io.logstream.file.FileSource.Watch;
import io.logstream.internal.file.FileWatch.Registration;
import io.logstream.internal.file.PathHops.Hop;
import io.logstream.spi.SourceContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One scan's watch of the directories that it looks into, and of the way to the first of them. Used by the scan, except for
 * {@link #changed}, which the watch thread calls.
 */
final class DirectoryWatch implements FileWatch.Listener {
    private static final int MAX_TRIES = 20;

    private final Watch wanted;
    private final FileAccess access;
    private final FileWatch watch;
    private final SourceContext context;
    private final Map<Path, Watched> watched = new HashMap<>();
    private final Set<Path> visited = new HashSet<>();
    private List<Hop> hops = List.of();
    private List<Registration> way = List.of();
    private boolean complete;

    /** A directory, what it was, and its registration if it can be watched. */
    private record Watched(FileStat stat, @Nullable Registration registration) {
        boolean isOf(FileStat now) {
            return stat.sameFile(now) && (registration == null || registration.isValid());
        }
    }

    DirectoryWatch(Watch wanted, FileAccess access, FileWatch watch, SourceContext context) {
        this.wanted = wanted;
        this.access = access;
        this.watch = watch;
        this.context = context;
    }

    @Override
    public void changed(boolean path) {
        context.wake();
    }

    /** Begins a scan: watches what decides where this path leads, and says where. */
    PathHops begin(Path path) throws IOException {
        visited.clear();
        complete = true;
        PathHops now = PathHops.of(access, path);
        for (int tries = 0; !isWatched(now); tries++) {
            if (tries == MAX_TRIES || !watchWay(now)) {
                complete = false;
                break;
            }
            now = PathHops.of(access, path); // it may have changed before it was watched
        }
        return now;
    }

    private boolean isWatched(PathHops now) {
        return now.hops().equals(hops)
                && way.size() == hops.size()
                && way.stream().allMatch(Registration::isValid);
    }

    private boolean watchWay(PathHops now) throws IOException {
        List<Registration> old = way;
        way = new ArrayList<>();
        hops = now.hops();
        try {
            for (Hop hop : hops) {
                Registration registration = register(hop.directory(), hop.name());
                if (registration != null) {
                    way.add(registration);
                }
            }
        } finally {
            old.forEach(Registration::cancel);
        }
        return way.size() == hops.size();
    }

    /** Watches a directory that is about to be looked into, by its path without symbolic links. */
    void visit(Path directory, FileStat stat) throws IOException {
        visited.add(directory);
        Watched old = watched.get(directory);
        if (old == null || !old.isOf(stat)) {
            if (old != null) {
                unregister(old);
            }
            old = new Watched(stat, register(directory, FileWatch.ANY));
            watched.put(directory, old);
        }
        complete &= old.registration != null;
    }

    private @Nullable Registration register(Path directory, String name) throws IOException {
        return watch.register(wanted, access, directory, name, false, this);
    }

    /** Ends a scan: what it has not looked into is watched no more. Returns whether all is watched that it has. */
    boolean end() {
        watched.entrySet().removeIf(entry -> {
            boolean left = !visited.contains(entry.getKey());
            if (left) {
                unregister(entry.getValue());
            }
            return left;
        });
        return complete;
    }

    private void unregister(Watched old) {
        if (old.registration != null) {
            old.registration.cancel();
        }
    }

    void close() {
        visited.clear();
        end();
        way.forEach(Registration::cancel);
        way = List.of();
    }
}
