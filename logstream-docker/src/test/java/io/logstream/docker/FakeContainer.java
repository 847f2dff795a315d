package io.logstream.docker;

import io.logstream.Channel;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One container of a {@link FakeDaemon}: its state, and the entries of its log. Guarded by the daemon's monitor. */
final class FakeContainer {
    private static final int PART = 16 * 1024;
    private static final DateTimeFormatter NANOS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'").withZone(ZoneOffset.UTC);

    /** One entry: a line, or a part of one. */
    record Entry(int channel, long time, byte[] bytes, boolean leftOut) {}

    private final FakeDaemon daemon;
    final String id;
    final long created;
    String name;
    String status;
    boolean terminal;
    int exitCode;
    long started;
    long finished;
    String driverOptions = "";
    boolean leavesOut; // what is written now those who follow are not told
    boolean deaf; // those who follow are told nothing more
    String driver = "json-file";
    String logPath = "";
    List<Entry> entries = new ArrayList<>();
    int generation; // of the log's file: a new one has lost the entries before
    private final ByteArrayOutputStream[] unfinished = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};

    FakeContainer(FakeDaemon daemon, String id, String name, String status) {
        this.daemon = daemon;
        this.id = id;
        this.name = name;
        this.status = status;
        created = daemon.clock;
        started = created;
    }

    // ---- what the container does

    /** The program writes. What has no line end is kept back until it has one, as the daemon does. */
    void write(Channel channel, String text) {
        write(channel, text.getBytes(StandardCharsets.UTF_8));
    }

    void write(Channel channel, byte[] bytes) {
        synchronized (daemon) {
            if (status.equals("created")) {
                start();
            }
            ByteArrayOutputStream line = unfinished[channel.ordinal()];
            for (byte b : bytes) {
                line.write(b);
                if (b == '\n') {
                    flush(channel);
                }
            }
            daemon.notifyAll();
        }
    }

    private void flush(Channel channel) {
        byte[] line = unfinished[channel.ordinal()].toByteArray();
        unfinished[channel.ordinal()].reset();
        daemon.clock += 1001;
        for (int from = 0; from < line.length; from += PART) {
            add(channel, daemon.clock, Arrays.copyOfRange(line, from, Math.min(line.length, from + PART)));
        }
    }

    /** Adds an entry as it is. */
    void add(Channel channel, long time, byte[] bytes) {
        synchronized (daemon) {
            entries.add(new Entry(channel.ordinal(), time, bytes, leavesOut));
            daemon.notifyAll();
        }
    }

    void add(Channel channel, long time, String text) {
        add(channel, time, text.getBytes(StandardCharsets.UTF_8));
    }

    void start() {
        synchronized (daemon) {
            status = "running";
            daemon.clock += 1_000_000;
            started = daemon.clock;
            daemon.event(this, "start", "");
        }
    }

    void exit(int code) {
        synchronized (daemon) {
            for (Channel channel : Channel.values()) {
                flush(channel);
            }
            status = "exited";
            exitCode = code;
            daemon.clock += 1000;
            finished = daemon.clock;
            daemon.event(this, "die", "\"exitCode\":\"" + code + "\"");
        }
    }

    void remove() {
        synchronized (daemon) {
            daemon.containers.remove(id);
            status = "removed";
            daemon.event(this, "destroy", "");
        }
    }

    /** The log loses all its entries. */
    void forget() {
        synchronized (daemon) {
            entries = new ArrayList<>();
            generation++;
            daemon.notifyAll();
        }
    }

    boolean isRunning() {
        return status.equals("running");
    }

    // ---- how the daemon tells of it

    String json() {
        return "{\"Id\":\"" + id + "\",\"Created\":\"x\",\"State\":{\"Status\":\"" + status + "\",\"Running\":"
                + isRunning() + ",\"ExitCode\":" + exitCode + ",\"StartedAt\":\""
                + time(status.equals("created") ? 0 : started)
                + "\",\"FinishedAt\":\"" + time(finished)
                + "\",\"Health\":{\"Log\":[{\"a\":[1,2]}]}},\"Name\":\"/" + name
                + "\",\"RestartCount\":0,\"LogPath\":\"" + logPath + "\",\"HostConfig\":{\"LogConfig\":{\"Type\":\""
                + driver
                + "\",\"Config\":{" + driverOptions + "}}},\"Config\":{\"Tty\":" + terminal + ",\"Labels\":{}}}";
    }

    static String time(long epochNanos) {
        return epochNanos == 0
                ? "0001-01-01T00:00:00Z"
                : NANOS.format(Instant.ofEpochSecond(epochNanos / 1_000_000_000L, epochNanos % 1_000_000_000L));
    }

    /** The entry as it goes over the wire, without the chunk. */
    byte[] wire(Entry entry) {
        byte[] prefix = (time(entry.time()) + " ").getBytes(StandardCharsets.US_ASCII);
        int length = prefix.length + entry.bytes().length;
        ByteBuffer wire = ByteBuffer.allocate((terminal ? 0 : 8) + length);
        if (!terminal) {
            wire.put((byte) (entry.channel() + 1)).position(4);
            wire.putInt(length);
        }
        return wire.put(prefix).put(entry.bytes()).array();
    }
}
