package io.logstream.internal.file;

import io.logstream.file.FileSource.Watch;
import io.logstream.internal.Lookout;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of changes in directories: one {@link WatchService} for the whole process, and the thread that waits for alarms
 * waits for it too, while something is watched. What it tells are hints; that it tells nothing proves nothing. Threadsafe.
 *
 * <p>To begin to watch takes the thread of the {@link WatchService} and the lock until the file system answers. So remote
 * file systems, which may not, have another watch and another thread of their own.
 *
 * <p>Listeners are told of changes on that thread, or on one that catches up, and never under the lock.
 */
final class FileWatch {
    private static final Logger LOG = LoggerFactory.getLogger(FileWatch.class);
    private static final String THREAD = "logstream-file-watch";
    private static final FileWatch SHARED = new FileWatch(Lookout.shared());
    /** So many events may be as much as the JDK reads at once: with the longest names that are 30. */
    private static final int MANY_EVENTS = 30;
    /** How often it is read at most before it counts as caught up: writers may be as fast as this is. */
    private static final int MOST_ROUNDS = 64;
    /** The name to register for whatever comes or goes in a directory. */
    static final String ANY = "";

    private static final WatchEvent.Kind<?>[] NAMES = {
        StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE
    };
    private static final WatchEvent.Kind<?>[] NAMES_AND_WRITES = {
        StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE, StandardWatchEventKinds.ENTRY_MODIFY
    };

    private final @Nullable FileWatch remote;
    private final Lookout lookout;
    private final Object lock = new Object();
    private final Map<Path, Directory> directories = new HashMap<>();
    private final Map<WatchKey, Directory> keys = new HashMap<>();
    private @Nullable WatchService service;
    private boolean warned;

    /** One with a thread of its own. */
    FileWatch() {
        this(new Lookout(THREAD));
    }

    private FileWatch(Lookout lookout) {
        this(new FileWatch(null, new Lookout(THREAD)), lookout);
    }

    private FileWatch(@Nullable FileWatch remote, Lookout lookout) {
        this.remote = remote;
        this.lookout = lookout;
    }

    /** Is told of changes. Must be quick and not throw. */
    interface Listener {
        /** Something has changed; {@code path}: it may name something else now, or is not watched any more. */
        void changed(boolean path);

        /**
         * So many files were given its name, or one of them so often; if that is not known, {@link #UNCOUNTED}. Called
         * under the lock of the watch: must not call it.
         */
        default void made(int files) {}
    }

    /** More files were made than events were kept of. */
    static final int UNCOUNTED = -1;

    /** Whether the JDK tells of each file, even of one that came and went: where it polls directories, it does not. */
    static final boolean COUNTS = System.getProperty("os.name", "").equals("Linux");

    /** The one of this process. */
    static FileWatch shared() {
        return SHARED;
    }

    /** A directory that is watched, with the listeners by the name of the entry that they want to know about. */
    private final class Directory implements Listener {
        final WatchKey key;
        final Set<Path> paths = new HashSet<>(2);
        final Map<String, Registration> byName = new HashMap<>();
        volatile boolean valid = true;
        /** Whether it is told what is written to its files, and not only what comes and goes. */
        boolean writes;
        /** Tells where it is renamed, and what is in it with it: no event in the directory itself says so. */
        @Nullable
        Registration own;

        /** What was at the path when it was registered last. */
        FileStat stat;
        /** What was at the path when it was registered first. */
        final FileStat at;

        Directory(WatchKey key, FileStat stat) {
            this.key = key;
            this.at = stat;
            this.stat = stat;
        }

        void catchUp() {
            FileWatch.this.catchUp(this);
        }

        void unregister(Registration registration) {
            FileWatch.this.unregister(registration);
        }

        @Override
        public void changed(boolean path) {
            if (!path) {
                return; // its attributes, or those of another one in the same place
            }
            List<Registration> all = new ArrayList<>();
            synchronized (lock) {
                byName.values().forEach(first -> addAll(first, all));
            }
            all.forEach(registration -> registration.listener.changed(true));
        }
    }

    /** One listener's interest in one entry of a directory; a list of those with the same interest. */
    static final class Registration {
        private final Directory directory;
        private final String name;
        private final Listener listener;
        private @Nullable Registration next;

        private Registration(Directory directory, String name, Listener listener) {
            this.directory = directory;
            this.name = name;
            this.listener = listener;
        }

        boolean isValid() {
            return directory.valid;
        }

        /** Whether the other one is of the same entry of the same directory, and not of another one at its path. */
        boolean isOfSameEntry(Registration other) {
            return directory == other.directory && name.equals(other.name);
        }

        /** The same, but the directory may have been watched anew. */
        boolean isOfSamePlace(Registration other) {
            return directory.at.isSame(other.directory.at) && name.equals(other.name);
        }

        /** Tells all that has happened in the directory until now, before this returns. */
        void catchUp() {
            directory.catchUp();
        }

        /** Ends what {@link FileWatch#register} began. Doing it twice does nothing. */
        void cancel() {
            directory.unregister(this);
        }
    }

    /**
     * Begins to tell of an entry of a directory, or of {@link #ANY}, or returns null if that is not possible, or not wanted
     * for such a directory.
     *
     * @param writes whether to tell also what is written to it
     */
    @Nullable
    Registration register(Watch wanted, FileAccess access, Path path, String name, boolean writes, Listener listener)
            throws IOException {
        FileStat stat = wanted == Watch.OFF ? null : access.stat(path);
        if (stat == null) {
            return null;
        }
        if (remote != null && !knows(path, stat) && !access.isLocal(path)) {
            return wanted == Watch.ON ? remote.register(wanted, access, path, name, writes, listener) : null;
        }
        Path parent = writes && !knowsWay(path) ? path.getParent() : null;
        FileStat above = parent == null ? null : access.stat(parent);
        boolean sameSystem = above != null && above.device() == stat.device();
        return register(path, stat, name, writes, sameSystem ? above : null, listener);
    }

    private boolean knows(Path path, FileStat stat) {
        synchronized (lock) {
            Directory known = directories.get(path);
            return known != null && known.stat.sameFile(stat);
        }
    }

    private boolean knowsWay(Path path) {
        synchronized (lock) {
            Directory known = directories.get(path);
            return known != null && known.own != null && known.own.isValid();
        }
    }

    private @Nullable Registration register(
            Path path, FileStat stat, String name, boolean writes, @Nullable FileStat above, Listener listener) {
        synchronized (lock) {
            try {
                Registration registration = add(path, stat, name, writes, listener);
                if (above != null) {
                    watchWay(registration.directory, path, above);
                }
                return registration;
            } catch (NoSuchFileException | NotDirectoryException | AccessDeniedException e) {
                LOG.debug("not watched: {}", e.toString());
            } catch (IOException e) {
                if (!warned) {
                    warned = true;
                    LOG.warn("files are polled from now on where they can't be watched: {}", e.toString());
                }
            }
            stopIfUnused();
            return null;
        }
    }

    private Registration add(Path path, FileStat stat, String name, boolean writes, Listener listener)
            throws IOException {
        Directory watched = directories.get(path);
        if (watched == null || !watched.stat.sameFile(stat) || (writes && !watched.writes)) {
            // The one that was watched there goes on under this path elsewhere.
            watched = watch(path, stat, writes);
        }
        Registration registration = new Registration(watched, name, listener);
        registration.next = watched.byName.put(name, registration);
        return registration;
    }

    private Directory watch(Path path, FileStat stat, boolean writes) throws IOException {
        if (service == null) {
            service = start();
        }
        // A directory that is reached on two paths has one key, and tells what was asked for last.
        boolean all = writes || keys.values().stream().anyMatch(other -> other.writes && other.stat.sameFile(stat));
        WatchKey key = path.register(service, all ? NAMES_AND_WRITES : NAMES);
        Directory directory = keys.computeIfAbsent(key, watched -> new Directory(watched, stat));
        directory.writes |= all;
        directory.stat = stat;
        directory.paths.add(path);
        directories.put(path, directory);
        return directory;
    }

    /** Watches the directory's own entry; where that can't be done, looks find out what happens to it. */
    private void watchWay(Directory directory, Path path, FileStat above) {
        Registration old = directory.own;
        Path parent = path.getParent();
        directory.own = null;
        if (parent != null) {
            try {
                directory.own = add(parent, above, String.valueOf(path.getFileName()), false, directory);
            } catch (IOException e) {
                LOG.debug("what happens to {} is not watched: {}", path, e.toString());
            }
        }
        if (old != null) {
            old.cancel();
        }
    }

    private WatchService start() throws IOException {
        WatchService started = FileSystems.getDefault().newWatchService();
        lookout.watch(started, this::tell);
        return started;
    }

    private void unregister(Registration registration) {
        synchronized (lock) {
            Directory directory = registration.directory;
            Registration first = directory.byName.get(registration.name);
            Registration without = without(first, registration);
            if (without != null) {
                directory.byName.put(registration.name, without);
            } else {
                directory.byName.remove(registration.name);
            }
            if (directory.byName.isEmpty() && directory.valid) {
                directory.key.cancel();
                forget(directory);
            }
        }
    }

    private static @Nullable Registration without(@Nullable Registration first, Registration gone) {
        if (first == null || first == gone) {
            return first == null ? null : first.next;
        }
        for (Registration at = first; at.next != null; at = at.next) {
            if (at.next == gone) {
                at.next = gone.next;
                break;
            }
        }
        return first;
    }

    private void forget(Directory directory) {
        directory.valid = false;
        keys.remove(directory.key);
        directory.paths.forEach(path -> directories.remove(path, directory));
        Registration own = directory.own;
        directory.own = null;
        if (own != null) {
            own.cancel();
        }
        stopIfUnused();
    }

    private void stopIfUnused() {
        if (keys.isEmpty() && service != null) {
            try {
                service.close();
            } catch (IOException e) {
                LOG.debug("on closing the watch: {}", e.toString());
            }
            service = null;
        }
    }

    /** Tells of what has happened in one directory. */
    private void tell(WatchKey key) {
        List<Registration> modified = new ArrayList<>();
        List<Registration> moved = new ArrayList<>();
        synchronized (lock) {
            collect(key, modified, moved);
            Directory directory = keys.get(key);
            if (!key.reset() && directory != null) {
                directory.byName.values().forEach(first -> addAll(first, moved));
                forget(directory);
            }
        }
        tell(modified, moved);
    }

    private static void tell(List<Registration> modified, List<Registration> moved) {
        moved.forEach(registration -> registration.listener.changed(true));
        modified.forEach(registration -> registration.listener.changed(false));
    }

    /**
     * Tells all that has happened in a directory until now. The JDK's thread that registers has read from inotify what had
     * happened before, 8 KiB at most; so it is asked again while that may not have been all.
     */
    private void catchUp(Directory directory) {
        List<Registration> modified = new ArrayList<>();
        List<Registration> moved = new ArrayList<>();
        synchronized (lock) {
            int events = MANY_EVENTS;
            for (int round = 0; events >= MANY_EVENTS && round < MOST_ROUNDS && directory.valid; round++) {
                awaitEvents(directory);
                events = 0;
                for (WatchKey key : keys.keySet()) {
                    events += collect(key, modified, moved); // the JDK reads those of all of them
                }
            }
            if (events >= MANY_EVENTS) {
                directory.byName.values().forEach(first -> count(first, UNCOUNTED));
            }
        }
        tell(modified, moved);
    }

    private void awaitEvents(Directory directory) {
        WatchService watched = service;
        if (watched == null) {
            return;
        }
        try {
            WatchKey key = directory.paths.iterator().next().register(watched, NAMES_AND_WRITES);
            if (!keys.containsKey(key)) {
                key.cancel(); // another directory has its path now
            }
        } catch (IOException e) {
            LOG.debug("nothing is there any more: {}", e.toString()); // which was found out after the events were read
        }
    }

    /** Counts files, and adds whom to tell of what has happened in one directory. Returns how many events there were. */
    private int collect(WatchKey key, List<Registration> modified, List<Registration> moved) {
        List<WatchEvent<?>> events = key.pollEvents();
        Directory directory = keys.get(key);
        if (directory == null) {
            return 0;
        }
        boolean any = false;
        int all = 0;
        for (WatchEvent<?> event : events) {
            all += event.count();
            if (event.kind() == StandardWatchEventKinds.OVERFLOW) {
                directory.byName.values().forEach(first -> {
                    addAll(first, moved);
                    count(first, UNCOUNTED);
                });
            } else {
                Registration first = directory.byName.get(String.valueOf(event.context()));
                boolean write = event.kind() == StandardWatchEventKinds.ENTRY_MODIFY;
                addAll(first, write ? modified : moved);
                if (event.kind() == StandardWatchEventKinds.ENTRY_CREATE) {
                    count(first, event.count());
                }
                any |= !write;
            }
        }
        if (any) {
            addAll(directory.byName.get(ANY), moved);
        }
        return all;
    }

    /** Counts files for all that want to know, each of them once. */
    private static void count(@Nullable Registration first, int files) {
        Set<Listener> counted = new HashSet<>();
        for (Registration at = first; at != null; at = at.next) {
            if (counted.add(at.listener)) {
                at.listener.made(files);
            }
        }
    }

    private static void addAll(@Nullable Registration first, List<Registration> to) {
        for (Registration at = first; at != null; at = at.next) {
            to.add(at);
        }
    }
}
