package io.logstream.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that all histories of a hub share. When it is used up, the ring furthest above its fair share, which is the
 * one that holds most, gives up its oldest segment. Threadsafe.
 */
final class MemoryBudget {
    final long limit;
    private final AtomicLong used = new AtomicLong();
    private final Set<SegmentRing> rings = ConcurrentHashMap.newKeySet();

    MemoryBudget(long limit) {
        this.limit = limit;
    }

    long used() {
        return used.get();
    }

    void join(SegmentRing ring) {
        rings.add(ring);
    }

    void leave(SegmentRing ring) {
        rings.remove(ring);
    }

    void release(long bytes) {
        used.addAndGet(-bytes);
    }

    /**
     * Takes bytes for a ring, whose lock the caller holds. Others' locks are only tried, so that two rings can't wait for
     * each other; at the worst the ring gives up its own oldest lines.
     */
    void reserve(SegmentRing ring, long bytes) {
        used.addAndGet(bytes);
        while (used.get() > limit) {
            SegmentRing largest = ring;
            for (SegmentRing other : rings) {
                largest = other.footprint() > largest.footprint() ? other : largest;
            }
            if (!largest.tryEvictOldest() && (largest == ring || !ring.tryEvictOldest())) {
                return;
            }
        }
    }
}
