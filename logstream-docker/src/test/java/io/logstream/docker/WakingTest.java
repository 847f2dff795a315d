package io.logstream.docker;

import io.logstream.Channel;
import io.logstream.spi.Start;
import io.logstream.testkit.CollectingViewer;
import org.junit.jupiter.api.Test;

/** How often a reader wakes, and asks, with a scripted daemon. */
class WakingTest extends FakeCase {

    /** As after months of a log that is written all the time. */
    @Test
    void logIsReadOn_howeverOftenItsReaderWasWoken() throws Exception {
        web.write(Channel.STDOUT, "one\n");
        HandContext context = new HandContext();
        TextSink sink = new TextSink();
        try (DockerReader reader = new DockerReader(DockerSource.of(daemon, "web"), Start.beginning(), context)) {
            readUntil(reader, context, sink, "one");
            awaitListeners();
            reader.woken.drainPermits();
            reader.woken.release(Integer.MAX_VALUE);
            web.write(Channel.STDOUT, "two\n");
            CollectingViewer.until("the reader is woken, and reads on", () -> {
                if (context.takeWake()) {
                    readAllUnchecked(reader, context, sink);
                }
                return sink.text.toString().contains("two");
            });
        }
    }
}
