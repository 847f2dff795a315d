package io.logstream.examples;

import io.logstream.spi.LogDiscovery;
import io.logstream.spi.LogReader;
import io.logstream.spi.LogSource;
import io.logstream.spi.SourceContext;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All that the user named, as one discovery: single sources, which are there at once, and what others find. */
final class AllSources implements LogDiscovery {
    private final List<NamedSource> named;
    private final Map<String, String> kinds;

    /**
     * All of these.
     *
     * @param kinds where the kind of each stream is put before it begins; threadsafe
     */
    AllSources(List<NamedSource> named, Map<String, String> kinds) {
        this.named = named;
        this.kinds = kinds;
    }

    @Override
    public String identity() {
        return String.join(", ", named.stream().map(NamedSource::id).toList());
    }

    @Override
    public Scan open(SourceContext context) throws IOException, InterruptedException {
        All all = new All();
        try {
            for (NamedSource one : named) {
                if (one.discovery() != null) {
                    all.parts.add(all.new Part(one.kind(), one.discovery().open(context)));
                }
            }
            return all;
        } catch (IOException | InterruptedException | RuntimeException e) {
            all.close();
            throw e;
        }
    }

    private final class All implements Scan {
        final List<Part> parts = new ArrayList<>();
        /** Who has found each stream, as two patterns may match one file. */
        private final Map<String, Set<Object>> finders = new HashMap<>();

        /** One discovery at work. */
        private final class Part implements Closeable {
            private final String kind;
            private final Scan scan;

            Part(String kind, Scan scan) {
                this.kind = kind;
                this.scan = scan;
            }

            LogReader.Outcome scan(Sink sink) throws IOException {
                return scan.scan(new Sink() {
                    @Override
                    public void found(String stream, LogSource source) {
                        tell(stream, kind, source, Part.this, sink);
                    }

                    @Override
                    public void gone(String stream) {
                        Set<Object> left = finders.getOrDefault(stream, new HashSet<>());
                        left.remove(Part.this);
                        if (left.isEmpty()) {
                            sink.gone(stream);
                        }
                    }
                });
            }

            @Override
            public void close() throws IOException {
                scan.close();
            }
        }

        private void tell(String stream, String kind, LogSource source, Object finder, Sink sink) {
            kinds.put(stream, kind);
            finders.computeIfAbsent(stream, id -> new HashSet<>()).add(finder);
            sink.found(stream, source);
        }

        /** One that can't look now keeps none of the others from being looked at. */
        @Override
        public LogReader.Outcome scan(Sink sink) throws IOException {
            for (NamedSource one : named) {
                if (one.source() != null) {
                    tell(one.id(), one.kind(), one.source(), this, sink);
                }
            }
            LogReader.Outcome outcome = LogReader.Outcome.END;
            IOException failure = null;
            for (Part part : parts) {
                try {
                    LogReader.Outcome of = part.scan(sink);
                    outcome = of.compareTo(outcome) < 0 ? of : outcome; // MORE, PENDING, WAIT, END
                } catch (IOException e) {
                    failure = e;
                }
            }
            if (failure != null) {
                throw failure;
            }
            return outcome;
        }

        @Override
        public void close() throws IOException {
            for (Part part : parts) {
                part.close();
            }
        }
    }
}
