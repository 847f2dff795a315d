package io.logstream.examples;

import io.logstream.Gap;
import io.logstream.LogBatch;
import io.logstream.LogLine;
import io.logstream.Subscriber;

/** A viewer of the demo: takes its time for each line, and may show them. */
final class DemoViewer implements Subscriber {
    private final String name;
    private final int millisPerLine;
    private final boolean shows;

    DemoViewer(String name, int millisPerLine, boolean shows) {
        this.name = name;
        this.millisPerLine = millisPerLine;
        this.shows = shows;
    }

    @Override
    public void onLines(LogBatch lines) throws InterruptedException {
        for (LogLine line : lines) {
            Thread.sleep(millisPerLine);
            if (shows) {
                System.out.printf("%-7s| %s%n", name, line.text());
            }
        }
    }

    @Override
    public void onGap(Gap gap) {
        System.out.printf("%-7s| -- %s: lines %d to %d --%n", name, Notes.of(gap), gap.first(), gap.last());
    }
}
