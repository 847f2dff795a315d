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
 * One reader's watch of all that decides what its path names and holds. Used by the reader, except for {@link #changed(boolean)}
 * and {@link #made(int)}, which the watch calls.
 *
 * <p>It counts the files that were given the log's name, and those of them that the reader has found: if there were more,
 * some came and went unseen.
 */
final class PathWatch implements FileWatch.Listener {
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

    /** What was counted, as far as was told. Set under the lock of this. */
    private volatile Count count = Count.NONE;
    /** How many of the files the reader has found, perhaps before it was told of them. */
    private int found;
    /** How often the count was lost when the reader knew last which file had the log's name. */
    private int lost;

    /** Counts the files; kept to know whether the next one counts others. */
    private @Nullable Registration counted;

    /** Whether the reader has not seen yet which file had the log's name when counting began. */
    private boolean beginning;
    /** Whether files are counted elsewhere than before, and none was found there yet. */
    private boolean moved;

    private @Nullable Boolean local;

    /**
     * What was counted until one moment.
     *
     * @param made how many files were given the log's name
     * @param lost how often more happened than was told
     */
    record Count(int made, int lost) {
        static final Count NONE = new Count(0, 0);
    }

    PathWatch(FileSettings settings, FileAccess access, FileWatch watch, SourceContext context) {
        this.settings = settings;
        this.access = access;
        this.watch = watch;
        this.context = context;
    }

    SourceContext context() {
        return context;
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
    public synchronized void made(int files) {
        boolean known = files != FileWatch.UNCOUNTED;
        count = new Count(count.made + (known ? files : 0), count.lost + (known ? 0 : 1));
    }

    /** The reader has found files that were given the log's name since it began to watch. */
    void found(int files) {
        if (isActive()) {
            found += files;
        }
    }

    /** What was counted until now; asks for what was not told yet, unless all that was told was found. */
    Count count() {
        return isCounting(count) && count.made == found ? count : exactCount();
    }

    /** What was counted until now: asks for what was not told yet. */
    Count exactCount() {
        if (counted != null && isActive()) {
            counted.catchUp();
        }
        return count;
    }

    /** Whether files that came and went can be counted here. */
    boolean canCount() {
        return FileWatch.COUNTS && counted != null && registrations.contains(counted) && isActive();
    }

    /** Whether all files are counted that were given the log's name since the reader knew last which one had it. */
    boolean isCounting(Count until) {
        return canCount() && !beginning && until.lost == lost;
    }

    /** How many more files were counted than have been found. */
    int unseen(Count until) {
        return until.made - found;
    }

    /** It is known which file had the log's name when this was counted. */
    void settle(Count until) {
        found = until.made;
        lost = until.lost;
        beginning = false;
        moved = false;
    }

    /** Whether files are counted elsewhere than before, and none was found there yet. */
    boolean takeMoved() {
        boolean taken = moved;
        moved = false;
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
                beginning |= old.isEmpty(); // what happened meanwhile was not counted
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
            FileWatch.Listener listener = own ? this : any -> changed(any);
            Registration registration =
                    watch.register(settings.watch(), access, hop.directory(), hop.name(), own, listener);
            if (registration == null) {
                return false;
            }
            if (own && (counted == null || !registration.isOfSameEntry(counted))) {
                moved = counted != null && !registration.isOfSamePlace(counted);
                beginning = true;
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
