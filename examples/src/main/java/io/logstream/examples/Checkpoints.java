package io.logstream.examples;

import io.logstream.EndReason;
import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.ResumeToken;
import io.logstream.SourceEvent;
import io.logstream.Subscriber;
import io.logstream.Subscription;
import java.io.IOException;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a viewer and saves the place that it has reached. A place is saved when all before it has been written;
 * and before anything of a stream is written, the place where it begins is saved. So whenever the process dies, the next
 * run loses nothing. Threadsafe.
 */
final class Checkpoints implements Subscriber {
    private final Subscriber viewer;
    private final ResumeFile file;
    private final PrintStream notes;
    private final CompletableFuture<Subscription> subscription = new CompletableFuture<>();
    private final Set<String> begun = ConcurrentHashMap.newKeySet();
    private Map<String, ResumeToken> saved = Map.of();
    private @Nullable IOException failure;
    private volatile boolean broken; // the viewer has not taken what it was given

    Checkpoints(Subscriber viewer, ResumeFile file, PrintStream notes) {
        this.viewer = viewer;
        this.file = file;
        this.notes = notes;
    }

    /** Says whose places these are: the first callback waits for it. */
    void begin(Subscription viewersSubscription) {
        subscription.complete(viewersSubscription);
    }

    /**
     * Saves the places reached, if they have changed.
     *
     * @return false if that has failed
     */
    synchronized boolean save() {
        Map<String, ResumeToken> reached = new HashMap<>(subscription.join().tokens());
        reached.keySet().retainAll(begun);
        if (broken || reached.equals(saved)) { // asked after the places, which may go on when it is set
            return true;
        }
        try {
            file.save(reached);
            saved = reached;
            failure = null;
            return true;
        } catch (IOException e) {
            if (failure == null) {
                notes.println("-- the place reached can't be saved: " + UserError.reason(e) + " --");
            }
            failure = e;
            return false;
        }
    }

    @Override
    public void onLines(LogBatch lines) throws Exception {
        begin(lines.stream());
        pass(() -> viewer.onLines(lines));
    }

    @Override
    public void onGap(Gap gap) throws Exception {
        begin(gap.stream());
        pass(() -> viewer.onGap(gap));
    }

    @Override
    public void onEvent(SourceEvent event) throws Exception {
        if (event.kind() == SourceEvent.Kind.CAUGHT_UP) {
            begin(event.stream());
        }
        pass(() -> viewer.onEvent(event));
    }

    @Override
    public void onEnd(EndReason reason) throws Exception {
        viewer.onEnd(reason);
    }

    /** What the viewer is to be told. */
    private interface Passing {
        void pass() throws Exception;
    }

    private void pass(Passing passing) throws Exception {
        try {
            passing.pass();
        } catch (Throwable e) {
            broken = true;
            throw e;
        }
    }

    private void begin(String stream) {
        if (begun.add(stream)) {
            save();
        }
    }
}
