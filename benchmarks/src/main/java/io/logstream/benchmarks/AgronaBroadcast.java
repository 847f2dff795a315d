package io.logstream.benchmarks;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.broadcast.BroadcastBufferDescriptor;
import org.agrona.concurrent.broadcast.BroadcastReceiver;
import org.agrona.concurrent.broadcast.BroadcastTransmitter;

/**
 * Agrona's broadcast buffer, of 8 MiB: the transmitter never waits, and a receiver that is lapped goes on with the newest
 * message. Two agents that back off poll all receivers. The message type carries the sequence, so that loss is counted.
 */
final class AgronaBroadcast implements Peer {
    private static final int BYTES = 8 << 20;
    private static final int AGENTS = 2;
    private static final int LIMIT = 64;
    private static final long MASK = (1L << 30) - 1;

    private final UnsafeBuffer buffer =
            new UnsafeBuffer(ByteBuffer.allocateDirect(BYTES + BroadcastBufferDescriptor.TRAILER_LENGTH));
    private final BroadcastTransmitter transmitter = new BroadcastTransmitter(buffer);
    private final UnsafeBuffer block = new UnsafeBuffer(Lines.BLOCK);
    private final List<AgentRunner> runners = new ArrayList<>();

    @Override
    public void start(Work[] works) {
        for (int i = 0; i < AGENTS; i++) {
            List<Viewer> viewers = new ArrayList<>();
            for (int w = i; w < works.length; w += AGENTS) {
                viewers.add(new Viewer(new BroadcastReceiver(buffer), works[w]));
            }
            AgentRunner runner = new AgentRunner(new BackoffIdleStrategy(), e -> {}, null, new Poller(viewers));
            runners.add(runner);
            AgentRunner.startOnThread(runner);
        }
    }

    private record Viewer(BroadcastReceiver receiver, Work work) {
        int poll() {
            int n = 0;
            while (n < LIMIT && receiver.receiveNext()) {
                n++;
                byte first = receiver.buffer().getByte(receiver.offset());
                int length = receiver.length();
                long ahead = (receiver.typeId() - 1 - work.next()) & MASK;
                if (receiver.validate()) {
                    work.lost(ahead);
                    work.line(first, length);
                }
            }
            return n;
        }
    }

    private record Poller(List<Viewer> viewers) implements Agent {
        @Override
        public int doWork() {
            int n = 0;
            for (Viewer viewer : viewers) {
                n += viewer.poll();
            }
            return n;
        }

        @Override
        public String roleName() {
            return "agrona";
        }
    }

    @Override
    public void publish(long from, long to) {
        for (long sequence = from; sequence < to; sequence++) {
            transmitter.transmit((int) (sequence & MASK) + 1, block, Lines.offset(sequence), Lines.LENGTH);
        }
    }

    @Override
    public void close() {
        runners.forEach(AgentRunner::close);
    }
}
