package io.logstream.internal;

import java.util.HashSet;
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

    /** What one of them may hold if all want the same. */
    long share() {
        return limit / Math.max(1, rings.size());
    }

    /**
     * Takes bytes for a ring whose lock the caller holds. Others' locks are only tried, so that two rings can't wait for
     * each other; a ring that can't give up anything now is passed over.
     */
    void reserve(long bytes) {
        if (used.addAndGet(bytes) > limit) {
            makeRoom();
        }
    }

    private void makeRoom() {
        Set<SegmentRing> unable = new HashSet<>();
        while (used.get() > limit) {
            SegmentRing largest = null;
            long most = 0;
            for (SegmentRing other : rings) {
                if (other.footprint() > most && !unable.contains(other)) {
                    largest = other;
                    most = other.footprint();
                }
            }
            if (largest == null) {
                return;
            }
            if (!largest.tryEvictOldest()) {
                unable.add(largest);
            }
        }
    }
}
