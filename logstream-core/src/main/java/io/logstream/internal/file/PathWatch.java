package io.logstream.internal.file;

import io.logstream.file.FileSource.Watch;
import io.logstream.internal.file.FileWatch.Registration;
import io.logstream.internal.file.PathHops.Hop;
import io.logstream.spi.SourceContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One reader's watch of all that decides what its path names and holds. Used by the reader, except for {@link #changed(boolean)},
 * which the watch thread calls.
 */
final class PathWatch implements FileWatch.Listener {
    private final FileSettings settings;
    private final FileAccess access;
    private final FileWatch watch;
    private final SourceContext context;

    private List<Registration> registrations = List.of();
    /** Set by the watch thread before it wakes the reader, cleared by the reader before it looks. */
    private volatile boolean changed;

    private @Nullable Boolean local;
    private boolean closed;

    PathWatch(FileSettings settings, FileAccess access, FileWatch watch, SourceContext context) {
        this.settings = settings;
        this.access = access;
        this.watch = watch;
        this.context = context;
    }

    @Override
    public void changed(boolean path) {
        if (path) {
            changed = true;
        }
        context.wake();
    }

    /** The reader has seen a change that it was not told of: what is watched may have to be watched elsewhere. */
    void changed() {
        changed = isWanted();
    }

    boolean isChanged() {
        return changed;
    }

    boolean takeChanged() {
        boolean taken = changed;
        changed = false;
        return taken;
    }

    /** Whether changes are told of. */
    boolean isActive() {
        if (registrations.isEmpty()) {
            return false;
        }
        for (Registration registration : registrations) {
            if (!registration.isValid()) {
                return false;
            }
        }
        return true;
    }

    /** Whether the file is on a file system that is known to be local. */
    boolean isLocal() {
        if (local == null) {
            Path directory = settings.path().getParent();
            local = directory == null || access.isLocal(directory);
        }
        return local;
    }

    private boolean isWanted() {
        return settings.follow() && settings.watch() != Watch.OFF;
    }

    /** Watches what the path leads over now, and nothing else; or nothing where a part of it can't be watched. */
    void renew() throws IOException {
        if (!isWanted()) {
            return;
        }
        List<Registration> old = registrations;
        registrations = List.of();
        List<Registration> renewed = new ArrayList<>();
        try {
            for (Hop hop : PathHops.of(access, settings.path()).hops()) {
                Registration registration = register(hop);
                if (registration == null) {
                    renewed.forEach(watch::unregister);
                    renewed.clear();
                    break;
                }
                renewed.add(registration);
            }
            registrations = List.copyOf(renewed);
        } finally {
            old.forEach(watch::unregister);
        }
    }

    private @Nullable Registration register(Hop hop) {
        boolean allowed =
                settings.watch() == Watch.ON || watch.knows(hop.directory()) || access.isLocal(hop.directory());
        return allowed ? watch.register(hop.directory(), hop.name(), this) : null;
    }

    void close() {
        if (!closed) {
            closed = true;
            registrations.forEach(watch::unregister);
            registrations = List.of();
        }
    }
}
