package io.logstream.internal;

import io.logstream.spi.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a hub was built with; see {@link io.logstream.LogHub.Builder} for the meaning and the defaults. */
public record HubSettings(
        long memoryBytes,
        int maxStreams,
        int maxSubscribers,
        int deliveryThreads,
        int readerThreads,
        int maxThreads,
        Duration spin,
        @Nullable TimeSource time) {}
