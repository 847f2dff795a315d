package io.logstream;

import io.logstream.spi.LineSink;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import io.logstream.spi.SourcePosition;
import io.logstream.spi.Start;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A log in memory that a test writes, breaks, blocks and ends as it likes; its positions are offsets. Threadsafe. */
public final class MemoryLog implements LogSource {
    /** What a reader does next, before it hands over bytes. */
    @FunctionalInterface
    public interface Action {
        void run(LineSink sink) throws IOException;
    }

    private final String identity;
    private final boolean positions;
    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private final Queue<Action> actions = new ArrayDeque<>();
    private final Set<SourceContext> contexts = ConcurrentHashMap.newKeySet();
    private boolean ended;
    private volatile boolean endsItself;

    /** Where it was opened, in order. */
    public final List<Start> starts = new CopyOnWriteArrayList<>();

    /** What the next openings throw. */
    public final Queue<Throwable> openFailures = new ConcurrentLinkedQueue<>();

    /** Readers that are open. */
    public final AtomicInteger open = new AtomicInteger();

    /** Bytes read, by all readers. */
    public final AtomicInteger read = new AtomicInteger();

    /** What openings and reads wait for, deaf to interrupts. */
    private volatile CountDownLatch openGate = new CountDownLatch(0);

    private volatile CountDownLatch readGate = new CountDownLatch(0);

    /** Threads that wait at a gate. */
    public final AtomicInteger atGate = new AtomicInteger();

    public MemoryLog(String identity) {
        this(identity, true);
    }

    public MemoryLog(String identity, boolean positions) {
        this.identity = identity;
        this.positions = positions;
    }

    /** A log with lines {@code 0} to {@code lines - 1}. */
    public static MemoryLog ofLines(String identity, int lines) {
        MemoryLog log = new MemoryLog(identity);
        for (int i = 0; i < lines; i++) {
            log.write(i + "\n");
        }
        return log;
    }

    // ---- what a test does

    public MemoryLog write(String text) {
        synchronized (this) {
            content.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        }
        wake();
        return this;
    }

    public MemoryLog end() {
        synchronized (this) {
            ended = true;
        }
        wake();
        return this;
    }

    public MemoryLog endsWithItsLog() {
        endsItself = true;
        return this;
    }

    @Override
    public boolean endsItself() {
        return endsItself;
    }

    public MemoryLog next(Action action) {
        synchronized (this) {
            actions.add(action);
        }
        wake();
        return this;
    }

    public MemoryLog fail(IOException e) {
        return next(sink -> {
            throw e;
        });
    }

    public CountDownLatch blockOpen() {
        openGate = new CountDownLatch(1);
        return openGate;
    }

    public CountDownLatch blockRead() {
        readGate = new CountDownLatch(1);
        wake();
        return readGate;
    }

    private void wake() {
        contexts.forEach(SourceContext::wake);
    }

    private void pass(CountDownLatch gate) {
        if (gate.getCount() == 0) {
            return;
        }
        atGate.incrementAndGet();
        for (; ; ) {
            try {
                gate.await();
                atGate.decrementAndGet();
                return;
            } catch (InterruptedException e) {
                // deaf, as a system call can be
            }
        }
    }

    // ---- what the library does

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public LogReader open(Start start, SourceContext context) throws IOException {
        starts.add(start);
        pass(openGate);
        Throwable failure = openFailures.poll();
        if (failure instanceof IOException e) {
            throw e;
        } else if (failure instanceof RuntimeException e) {
            throw e;
        } else if (failure instanceof Error e) {
            throw e;
        }
        open.incrementAndGet();
        contexts.add(context);
        return new Reader(offset(start), context);
    }

    private synchronized int offset(Start start) {
        byte[] all = content.toByteArray();
        if (start instanceof Start.At at) {
            return ByteBuffer.wrap(at.position().data()).getInt();
        } else if (start instanceof Start.End) {
            return all.length;
        } else if (start instanceof Start.Last last) {
            int from = all.length;
            for (int feeds = 0; from > 0; from--) {
                if (all[from - 1] == '\n' && feeds++ == last.lines()) {
                    return from;
                }
            }
        }
        return 0;
    }

    private synchronized byte[] piece(int from, int most) {
        byte[] all = content.toByteArray();
        return java.util.Arrays.copyOfRange(all, from, Math.min(all.length, from + most));
    }

    private synchronized long linesBefore(int to) {
        byte[] all = content.toByteArray();
        long lines = 0;
        for (int i = 0; i < to; i++) {
            lines += all[i] == '\n' ? 1 : 0;
        }
        return lines;
    }

    private synchronized Action nextAction() {
        return actions.poll();
    }

    private synchronized boolean isComplete(int offset) {
        return ended && offset >= content.size();
    }

    private final class Reader implements LogReader {
        private final SourceContext context;
        private int offset;
        private boolean told;
        private boolean closed;

        Reader(int offset, SourceContext context) {
            this.offset = offset;
            this.context = context;
        }

        @Override
        public Outcome read(LineSink sink) throws IOException {
            pass(readGate);
            for (Action action = nextAction(); action != null; action = nextAction()) {
                action.run(sink);
            }
            if (!told) {
                told = true;
                tell(sink);
            }
            byte[] piece = piece(offset, Math.min(sink.room(), 8192));
            if (piece.length > 0) {
                sink.bytes(Channel.STDOUT, ByteBuffer.wrap(piece), LineSink.NO_TIME);
                offset += piece.length;
                read.addAndGet(piece.length);
                tell(sink);
                return Outcome.MORE;
            }
            return isComplete(offset) ? Outcome.END : Outcome.WAIT;
        }

        private void tell(LineSink sink) {
            if (positions) {
                sink.position(
                        SourcePosition.of(ByteBuffer.allocate(4).putInt(offset).array(), linesBefore(offset)));
            }
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                contexts.remove(context);
                open.decrementAndGet();
            }
        }
    }
}
