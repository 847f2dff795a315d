package io.logstream.slurm;

import io.logstream.SourceEvent;
import io.logstream.SourceEvent.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was told of the life of one job, and so what is still to be told. For one thread.
 *
 * <pre>{@code
 *   pending            WAITING once, with the reason; STATE when the reason changes
 *   begins             APPEARED if it was waited for, else STATE
 *   requeued           REQUEUED, once for each time
 *   any other state    STATE
 *   no answer          STATE, and again when there is one
 *   over               FINISHED, when its log is complete
 * }</pre>
 */
final class JobLife {
    private final String label;
    private boolean isWaiting;
    private boolean hasBegun;
    private boolean isOutage;
    private boolean isRequeueTold;
    private int restarts;
    private String told = "";
    private boolean isFirst = true;

    JobLife(String label) {
        this.label = label;
    }

    /** Whether the present run has begun, as far as was told. */
    boolean hasBegun() {
        return hasBegun;
    }

    /** What to tell now that this is known. */
    List<SourceEvent> events(Poller.Known known, @Nullable SlurmJob job) {
        List<SourceEvent> events = new ArrayList<>();
        String outage = known.trouble();
        if (outage != null && !isOutage) {
            events.add(SourceEvent.of(Kind.STATE, "the state of job " + label + " is unknown: " + Text.shown(outage)));
        } else if (outage == null && isOutage && job != null) {
            events.add(SourceEvent.of(Kind.STATE, "the state of job " + label + " is known again: " + job.states()));
        }
        isOutage = outage != null;
        if (job != null) {
            job(job, events);
        }
        return events;
    }

    private void job(SlurmJob job, List<SourceEvent> events) {
        if (isFirst) {
            restarts = job.restarts();
        }
        if (job.restarts() > restarts || (hasBegun && job.isPending())) {
            if (!isRequeueTold) {
                events.add(SourceEvent.of(Kind.REQUEUED, "job " + label + " was requeued"));
            }
            restarts = job.restarts(); // which Slurm counts before the job is pending or after
            isRequeueTold = true;
            hasBegun = false;
        }
        String now = words(job);
        if (job.isPending()) {
            if (!now.equals(told)) {
                events.add(SourceEvent.of(isWaiting ? Kind.STATE : Kind.WAITING, now));
                isWaiting = true;
            }
        } else if (!now.equals(told)) {
            boolean begins = isWaiting && job.hasBegun() && !job.isOver();
            events.add(SourceEvent.of(begins ? Kind.APPEARED : Kind.STATE, now));
            isWaiting = isWaiting && !begins;
        }
        if (!job.isPending() && job.hasBegun() && !job.flags().contains("COMPLETING")) {
            hasBegun = true;
            isRequeueTold = false;
        }
        told = now;
        isFirst = false;
    }

    private String words(SlurmJob job) {
        if (job.isPending()) {
            return "job " + label + " is pending" + (job.reason().isEmpty() ? "" : ": " + Text.shown(job.reason()));
        }
        String where = job.nodes().isEmpty() || job.isOver() ? "" : " on " + Text.shown(job.nodes());
        return "job " + label + " is " + job.states() + where;
    }

    /** How it ended. */
    SourceEvent finished(@Nullable SlurmJob job, String remark) {
        if (job == null || !job.isOver()) {
            String last = job == null ? "" : ", and was last known to be " + job.states();
            return SourceEvent.of(Kind.FINISHED, "job " + label + " is no longer known to Slurm" + last + remark);
        }
        String signal = job.signal() > 0 ? " by signal " + job.signal() : "";
        String detail = "job " + label + " is " + job.states() + signal + remark;
        if (!job.hasBegun()) {
            return SourceEvent.of(Kind.FINISHED, detail);
        }
        return SourceEvent.finished(job.signal() > 0 ? 128 + job.signal() : job.exitCode(), detail);
    }
}
