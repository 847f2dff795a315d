package io.logstream;

import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.Start;
import java.util.concurrent.Flow;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.annotations.AfterMethod;
import org.testng.annotations.BeforeMethod;

/** What the rules of Reactive Streams ask of {@link Broadcaster#publisher}. */
public class LogFlowTck extends FlowPublisherVerification<LogEntry> {
    private LogHub hub = LogHub.create();

    /** With patience for a busy machine. */
    public LogFlowTck() {
        super(new TestEnvironment(2000, 200), 2000);
    }

    @BeforeMethod
    void openHub() {
        hub.close();
        hub = LogHub.create();
    }

    @AfterMethod
    void closeHub() {
        hub.close();
    }

    @Override
    public Flow.Publisher<LogEntry> createFlowPublisher(long elements) {
        LogFeed feed = hub.feed("feed-" + hub.streams().size());
        for (long i = 0; i < elements; i++) {
            feed.line("line " + i);
        }
        feed.close();
        return feed.broadcaster()
                .publisher(SubscribeOptions.builder().replay(Replay.all()).build());
    }

    @Override
    public Flow.Publisher<LogEntry> createFailedFlowPublisher() {
        LogSource refused = new LogSource() {
            @Override
            public String identity() {
                return "refused";
            }

            @Override
            public LogReader open(Start start, SourceContext context) {
                throw new LogStreamException("no such log");
            }
        };
        return hub.open("refused", refused).publisher(SubscribeOptions.defaults());
    }

    @Override
    public long maxElementsFromPublisher() {
        return 20_000;
    }
}
