package io.logstream;

import static io.logstream.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** A viewer that writes down what it gets, and complains of what no viewer should ever see. Threadsafe. */
public class Recorder implements Subscriber {
    private final List<LogEntry> entries = new ArrayList<>();
    private final List<EndReason> ends = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();
    private final AtomicBoolean inside = new AtomicBoolean();
    private volatile ResumeToken lastToken;

    @Override
    public void onLines(LogBatch lines) throws Exception {
        enter("onLines");
        try {
            assertThat(lines.size()).isPositive();
            lastToken = lines.token();
            for (LogLine line : lines) {
                write(line.copy());
                line(line);
            }
            batch(lines);
        } finally {
            inside.set(false);
        }
    }

    /** For what a test does with each line. */
    protected void line(LogLine line) throws Exception {}

    /** For what a test does with each batch. */
    protected void batch(LogBatch lines) throws Exception {}

    @Override
    public void onGap(Gap gap) throws Exception {
        enter("onGap");
        write(gap);
        inside.set(false);
    }

    @Override
    public void onEvent(SourceEvent event) throws Exception {
        enter("onEvent");
        write(event);
        inside.set(false);
    }

    @Override
    public void onEnd(EndReason reason) throws Exception {
        enter("onEnd");
        synchronized (this) {
            ends.add(reason);
        }
        inside.set(false);
    }

    private synchronized void enter(String callback) {
        if (!inside.compareAndSet(false, true)) {
            complaints.add(callback + " while another callback was running");
        }
        if (!ends.isEmpty()) {
            complaints.add(callback + " after the end");
        }
    }

    private synchronized void write(LogEntry entry) {
        entries.add(entry);
    }

    // ---- what came

    public synchronized List<LogEntry> entries() {
        return List.copyOf(entries);
    }

    public List<String> texts() {
        return entries().stream()
                .filter(LogLine.class::isInstance)
                .map(entry -> ((LogLine) entry).text())
                .toList();
    }

    public List<Gap> gaps() {
        return entries().stream()
                .filter(Gap.class::isInstance)
                .map(Gap.class::cast)
                .toList();
    }

    public List<SourceEvent.Kind> events() {
        return entries().stream()
                .filter(SourceEvent.class::isInstance)
                .map(entry -> ((SourceEvent) entry).kind())
                .toList();
    }

    public synchronized List<EndReason> ends() {
        return List.copyOf(ends);
    }

    public synchronized boolean isOver() {
        return !ends.isEmpty();
    }

    public EndReason.Kind end() {
        assertThat(ends()).hasSize(1);
        return ends().get(0).kind();
    }

    public ResumeToken lastToken() {
        return lastToken;
    }

    public synchronized int size() {
        return entries.size();
    }

    // ---- waiting

    public Recorder awaitLines(int count) throws Exception {
        eventually(
                count + " lines come",
                () -> entries().stream().filter(LogLine.class::isInstance).count() >= count);
        return this;
    }

    public Recorder awaitText(String text) throws Exception {
        eventually("the line '" + text + "' comes", () -> texts().contains(text));
        return this;
    }

    public Recorder awaitEvent(SourceEvent.Kind kind) throws Exception {
        eventually("the event " + kind + " comes", () -> events().contains(kind));
        return this;
    }

    public Recorder awaitGap() throws Exception {
        eventually("a gap comes", () -> !gaps().isEmpty());
        return this;
    }

    public Recorder awaitEnd() throws Exception {
        eventually("the end comes", this::isOver);
        return this;
    }

    /** Checks that nothing came that must not, and that lines and gaps of each stream follow each other without a hole. */
    public Recorder check() {
        return check(true);
    }

    /** The same for a viewer with a filter, which makes holes. */
    public Recorder checkFiltered() {
        return check(false);
    }

    private synchronized Recorder check(boolean withoutHoles) {
        assertThat(complaints).isEmpty();
        assertThat(ends).hasSizeLessThanOrEqualTo(1);
        Map<String, Long> nexts = new HashMap<>(); // between streams there is no order
        for (LogEntry entry : entries) {
            long next = nexts.getOrDefault(entry.stream(), -1L);
            boolean inPlace = next < 0 || entry.sequence() == next || !withoutHoles && entry.sequence() > next;
            assertThat(inPlace).as("%s stands behind %s", entry, next).isTrue();
            if (entry instanceof LogLine line) {
                nexts.put(entry.stream(), line.sequence() + 1);
            } else if (entry instanceof Gap gap) {
                long lines = gap.reason().isUpstream() ? 0 : gap.lines();
                assertThat(gap.last()).isEqualTo(gap.first() + lines - 1);
                nexts.put(entry.stream(), gap.last() + 1);
            }
        }
        return this;
    }
}
