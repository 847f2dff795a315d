package io.logstream.internal.file;

import io.logstream.file.FileSource.Watch;
import io.logstream.internal.file.FileWatch.Registration;
import io.logstream.internal.file.PathHops.Hop;
import io.logstream.spi.SourceContext;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One reader's watch of all that decides what its path names and holds. Used by the reader, except for {@link #changed(boolean)}
 * and {@link #made(int)}, which the watch thread calls.
 */
final class PathWatch implements FileWatch.Listener {
    /** How long after it happened everything has been told. */
    static final long ALL_TOLD = Duration.ofSeconds(1).toNanos();

    private final FileSettings settings;
    private final FileAccess access;
    private final FileWatch watch;
    private final SourceContext context;

    private List<Registration> registrations = List.of();
    /** Set by the watch thread before it wakes the reader, cleared by the reader before it looks. */
    private volatile boolean changed;

    /** How often the watch thread has told of anything. */
    private volatile int told;
    /** How often it had when bytes were found last that it had not told of. */
    private int toldWhenSweptUp = -1;
    /** Whether it tells nothing although there are writes. */
    private boolean deaf;

    /** How many files were given the log's own name, by the watch thread. */
    private volatile int made;

    private volatile boolean uncounted;
    /** How many of them the reader has found, perhaps before it was told of them. */
    private int found;

    /** Counts the files; kept to know whether the next one counts others. */
    private @Nullable Registration counted;

    private long countedSince;
    /** When the reader found one last. */
    private long foundAt;
    /** Whether the path led elsewhere before. */
    private boolean moved;

    private @Nullable Boolean local;

    PathWatch(FileSettings settings, FileAccess access, FileWatch watch, SourceContext context) {
        this.settings = settings;
        this.access = access;
        this.watch = watch;
        this.context = context;
    }

    @Override
    public void changed(boolean path) {
        synchronized (this) {
            told++;
        }
        if (path) {
            changed = true;
        }
        context.wake();
    }

    @Override
    public void made(int files) {
        if (files == FileWatch.UNCOUNTED) {
            uncounted = true;
        } else {
            synchronized (this) {
                made += files;
            }
        }
    }

    /** The reader has found files that were given the log's name since it began to watch. */
    void found(int files) {
        if (files > 0 && isActive()) {
            found += files;
            foundAt = context.time().nanoTime();
        }
    }

    /** How many files were given the log's name, as far as was told. */
    int made() {
        return made;
    }

    /** How many files were given the log's name until now: asks for what was not told yet. */
    int madeTillNow() {
        if (counted != null && isActive()) {
            counted.catchUp();
        }
        return made;
    }

    /** Whether as many files were given the log's name as were found, as far as was told. */
    boolean isSettled() {
        return made == found && !uncounted && !isBeginning();
    }

    /** Whether it is known how many files were given the log's name. */
    boolean isCounting() {
        return isActive() && !uncounted && !isBeginning();
    }

    /** Whether all that were found have been told of by now, or never will be. */
    boolean isAllTold() {
        return context.time().nanoTime() - foundAt >= ALL_TOLD;
    }

    /** Whether what is told may have happened before it was counted. */
    boolean isBeginning() {
        return context.time().nanoTime() - countedSince < ALL_TOLD;
    }

    /** The log has named the same file before it was watched and after: so all that is counted has come since. */
    void countsFromHere() {
        if (counted != null && counted.isFirst()) {
            countedSince = context.time().nanoTime() - ALL_TOLD;
        }
    }

    /** Whether files are counted elsewhere than at first. */
    boolean isMoved() {
        return moved;
    }

    /** Compares what was told with what was found: below zero if not all was told yet. */
    int compareMade(int known) {
        return Integer.compare(known, found);
    }

    /** So many files were given the log's name, and no others are missed any more. */
    void settle(int known) {
        found = known;
    }

    /** Whether it is not known how many files were given the log's name since the last call. */
    boolean takeUncounted() {
        boolean taken = uncounted;
        uncounted = false;
        return taken;
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

    /** Bytes were found without a hint: once that may be by chance. */
    void sweptUp() {
        int now = told;
        deaf = now == toldWhenSweptUp;
        toldWhenSweptUp = now;
        if (deaf) {
            changed(); // it may listen in a wrong place
        }
    }

    /** Whether changes are told of, and so are writes as far as is known. */
    boolean isTrusted() {
        return isActive() && !(deaf && told == toldWhenSweptUp);
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

    /** Whether changes are to be told of, where that is possible. */
    boolean isWanted() {
        return settings.follow() && settings.watch() != Watch.OFF;
    }

    /** Watches what the path leads over now, and nothing else; or nothing where a part of it can't be watched. */
    void renew() throws IOException {
        if (!isWanted()) {
            return;
        }
        List<Registration> old = registrations;
        List<Registration> renewed = new ArrayList<>();
        registrations = List.of();
        try {
            if (registerAll(renewed)) {
                registrations = List.copyOf(renewed);
            }
        } finally {
            old.forEach(Registration::cancel);
            if (registrations.isEmpty()) {
                renewed.forEach(Registration::cancel);
            }
        }
    }

    private boolean registerAll(List<Registration> to) throws IOException {
        PathHops path = PathHops.of(access, settings.path());
        List<Hop> hops = path.hops();
        for (Hop hop : hops) {
            boolean own = path.complete() && hop.equals(hops.get(hops.size() - 1));
            int before = made;
            FileWatch.Listener listener = own ? this : any -> changed(any);
            Registration registration =
                    watch.register(settings.watch(), access, hop.directory(), hop.name(), own, listener);
            if (registration == null) {
                return false;
            }
            if (own && (counted == null || !registration.isOfSameEntry(counted))) {
                moved = counted != null && !registration.isOfSamePlace(counted);
                countedSince = context.time().nanoTime();
                settle(before);
            }
            counted = own ? registration : counted;
            to.add(registration);
        }
        return true;
    }

    void close() {
        registrations.forEach(Registration::cancel);
        registrations = List.of();
    }
}
