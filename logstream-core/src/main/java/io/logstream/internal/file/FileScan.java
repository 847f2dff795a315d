package io.logstream.internal.file;

import io.logstream.LogStreamException;
import io.logstream.internal.file.Walk.Unknown;
import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogReader.Outcome;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the files of a pattern, again and again. Used by one thread at a time. */
public final class FileScan implements LogDiscovery.Scan {
    private static final Logger LOG = LoggerFactory.getLogger(FileScan.class);
    /** How soon it looks without a hint where all is watched. */
    private static final Duration SWEEP = Duration.ofSeconds(10);
    /** It rests for so many times as long as it has looked: changes that never stop shall not take a thread. */
    private static final int REST = 4;

    private final ScanSettings settings;
    private final PathPattern pattern;
    private final SourceContext context;
    private final FileAccess access;
    private final DirectoryWatch watch;
    /** When each file that is followed was last there. */
    private final Map<Path, Long> followed = new HashMap<>();
    /** Those that are gone, while there is something that rotation made of them. */
    private final Set<Path> past = new HashSet<>();

    private final RotationEvidence evidence = new RotationEvidence();
    /** What could not be looked at, and that this was logged. */
    private final Set<Path> warned = new HashSet<>();

    private boolean tooMany;
    private boolean begun;
    private long restUntil;

    private FileScan(ScanSettings settings, SourceContext context, FileAccess access, FileWatch watching) {
        this.settings = settings;
        this.pattern = settings.pattern();
        this.context = context;
        this.access = access;
        this.watch = new DirectoryWatch(settings.watch(), access, watching, context);
    }

    /**
     * Begins to look.
     *
     * @param settings for what
     * @param context what the hub offers
     * @return a scan that has told nothing yet
     */
    public static FileScan open(ScanSettings settings, SourceContext context) {
        return open(settings, context, FileAccess.system(), FileWatch.shared());
    }

    static FileScan open(ScanSettings settings, SourceContext context, FileAccess access, FileWatch watching) {
        return new FileScan(settings, context, access, watching);
    }

    @Override
    public Outcome scan(LogDiscovery.Sink sink) throws IOException {
        long now = context.time().nanoTime();
        if (begun && restUntil > now) {
            context.wakeWithin(Duration.ofNanos(restUntil - now));
            return Outcome.WAIT;
        }
        Walk walk = new Walk(pattern, access, watch);
        boolean there = walk.run();
        boolean watched = watch.end() && walk.unknown.isEmpty();
        if (!there && !settings.follow()) {
            throw new LogStreamException("there is no directory " + pattern.base());
        }
        walk.files.keySet().removeIf(this::isLeftOut);
        warn(walk);
        tell(walk, now, sink);
        begun = true;
        if (!settings.follow()) {
            return Outcome.END;
        }
        long end = context.time().nanoTime();
        restUntil = end + REST * (end - now);
        boolean seldom = watched && SWEEP.compareTo(settings.pollInterval()) > 0;
        context.wakeWithin(seldom ? SWEEP : settings.pollInterval());
        return Outcome.WAIT;
    }

    private boolean isLeftOut(Path file) {
        return Rotated.isCompressed(String.valueOf(file.getFileName()))
                || settings.excluded().stream().anyMatch(one -> one.matches(pattern.base(), file));
    }

    /** Logs what can't be looked at, once until it can. */
    private void warn(Walk walk) {
        Set<Path> unknown = new HashSet<>();
        for (Unknown one : walk.unknown) {
            unknown.add(one.path());
            if (warned.add(one.path())) {
                LOG.warn("discovery {}: can't look at {}: {}", pattern, one.path(), String.valueOf(one.reason()));
            }
        }
        warned.retainAll(unknown);
    }

    private void tell(Walk walk, long now, LogDiscovery.Sink sink) {
        Set<Path> rotated = takeRotated(walk, now);
        walk.files.keySet().forEach(file -> followed.replace(file, now));
        Iterator<Map.Entry<Path, Long>> entries = followed.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<Path, Long> entry = entries.next();
            if (rotated.contains(entry.getKey())) {
                entries.remove();
                LOG.info("discovery {}: {} is what rotation made of another file now", pattern, entry.getKey());
                sink.gone(pattern.id(entry.getKey()));
            } else if (isGone(entry, walk, now)) {
                entries.remove();
                past.add(entry.getKey()); // until the next scan finds nothing that rotation made of it
                sink.gone(pattern.id(entry.getKey()));
            }
        }
        int left = 0;
        for (Path file : walk.files.keySet()) {
            if (followed.containsKey(file)) {
                continue;
            }
            if (followed.size() < settings.maxFiles()) {
                followed.put(file, now);
                past.remove(file);
                sink.found(pattern.id(file), settings.source().apply(file));
            } else {
                left++;
            }
        }
        tellTooMany(left, sink);
    }

    /** Takes away what rotation made of other files, those that were there before included. */
    private Set<Path> takeRotated(Walk walk, long now) {
        Set<Path> logs = new HashSet<>(followed.keySet());
        logs.addAll(past);
        evidence.see(walk.files, logs, now);
        logs.addAll(walk.files.keySet());
        Set<Path> rotated = new HashSet<>();
        Set<Path> origins = new HashSet<>();
        for (Path file : walk.files.keySet()) {
            Path log = Rotated.log(file, logs);
            if (log != null && !evidence.isOwn(file, log)) {
                rotated.add(file);
                origins.add(log);
            }
        }
        walk.files.keySet().removeAll(rotated);
        past.removeIf(log -> !origins.contains(log) && !walk.isUnknown(log));
        return rotated;
    }

    private boolean isGone(Map.Entry<Path, Long> file, Walk walk, long now) {
        if (walk.isUnknown(file.getKey())) {
            file.setValue(now);
        }
        long missing = now - file.getValue();
        long left = settings.goneAfter().toNanos() - missing;
        if (missing > 0 && left > 0) {
            context.wakeWithin(Duration.ofNanos(left));
        }
        return left <= 0;
    }

    /** The rest of too many is told as a stream that fails. */
    private void tellTooMany(int left, LogDiscovery.Sink sink) {
        if (left > 0 && !tooMany) {
            String message = "more than " + settings.maxFiles() + " files match " + pattern + ": " + left
                    + " of them are not followed. Exclude some, or use a greater FileDiscovery.Builder.maxFiles";
            LOG.warn("discovery {}: {}", pattern, message);
            sink.found(pattern.text(), new NotFollowed(pattern.toString(), message));
        } else if (left == 0 && tooMany) {
            sink.gone(pattern.text());
        }
        tooMany = left > 0;
    }

    /** Stands for files that are not followed. */
    private record NotFollowed(String identity, String message) implements LogSource {
        @Override
        public LogReader open(Start start, SourceContext context) {
            throw new LogStreamException(message);
        }
    }

    @Override
    public void close() {
        watch.close();
    }
}
