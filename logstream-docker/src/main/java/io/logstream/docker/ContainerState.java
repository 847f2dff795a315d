package io.logstream.docker;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the daemon says of a container.
 *
 * @param id its full id
 * @param name its name, without the slash
 * @param terminal whether it has a terminal, so that its log has one channel and no frames
 * @param status created, running, paused, restarting, removing, exited or dead
 * @param exitCode how it has exited, if it has
 * @param started when it was started last, in nanoseconds since 1970, or {@link Place#NONE}
 * @param finished when it ended last, in nanoseconds since 1970, or {@link Place#NONE}
 * @param driver the log driver
 * @param rotatedAt at how many bytes the log's file is rotated, or 0 if it is not
 * @param logPath where the log's file is, or an empty text
 */
record ContainerState(
        String id,
        String name,
        boolean terminal,
        String status,
        int exitCode,
        long started,
        long finished,
        String driver,
        long rotatedAt,
        String logPath) {

    boolean wasNeverStarted() {
        return status.equals("created") || status.equals("configured") || status.equals("initialized");
    }

    /** Whether it has ended, for now at least. */
    boolean isOver() {
        return status.equals("exited") || status.equals("dead") || status.equals("stopped");
    }

    boolean isBeingRemoved() {
        return status.equals("removing");
    }

    /** Understands the answer to {@code /containers/{id}/json}. */
    static ContainerState parse(byte[] json) throws IOException {
        Parts parts = new Parts();
        try (JsonParser parser = Json.parse(json)) {
            Json.object(parser, parts::top);
        }
        if (!parts.id.matches("[0-9a-f]{16,128}")) {
            throw new IOException("no container in the daemon's answer: its id is '" + Text.shown(parts.id) + "'");
        }
        return new ContainerState(
                parts.id,
                parts.name.replaceFirst("^/", ""),
                parts.terminal,
                parts.status,
                parts.exitCode,
                parts.started,
                parts.finished,
                parts.driver,
                parts.rotatedAt(),
                parts.logPath);
    }

    private static final long LOCAL_SIZE = 20 << 20;
    private static final Pattern SIZE = Pattern.compile("([0-9]+(?:\\.[0-9]+)?) ?([kKmMgG]?)i?[bB]?");

    private static final class Parts {
        private String id = "";
        private String name = "";
        private boolean terminal;
        private String status = "";
        private int exitCode;
        private long started = Place.NONE;
        private long finished = Place.NONE;
        private String driver = "";
        private String maxSize = "";
        private String logPath = "";

        void top(String field, String value, JsonParser at) throws IOException {
            switch (field) {
                case "Id" -> id = value;
                case "Name" -> name = value;
                case "LogPath" -> logPath = value;
                case "Config" ->
                    Json.object(at, (name, text, in) -> terminal |= name.equals("Tty") && text.equals("true"));
                case "State" -> Json.object(at, this::state);
                case "HostConfig" ->
                    Json.object(at, (name, text, in) -> {
                        if (name.equals("LogConfig")) {
                            Json.object(in, this::logConfig);
                        }
                    });
                default -> {}
            }
        }

        private void logConfig(String field, String value, JsonParser at) throws IOException {
            if (field.equals("Type")) {
                driver = value;
            } else if (field.equals("Config")) {
                maxSize = Json.texts(at).getOrDefault("max-size", "");
            }
        }

        /** As docker reads sizes: a number with a unit, k, m or g. */
        private long rotatedAt() {
            Matcher matcher = SIZE.matcher(maxSize);
            if (!matcher.matches()) {
                return driver.equals("local") ? LOCAL_SIZE : 0;
            }
            int shift = "bkmg"
                            .indexOf(
                                    matcher.group(2).isEmpty()
                                            ? "b"
                                            : matcher.group(2).toLowerCase(Locale.ROOT))
                    * 10;
            return (long) (Double.parseDouble(matcher.group(1)) * (1L << shift));
        }

        private void state(String field, String value, JsonParser at) throws IOException {
            switch (field) {
                case "Status" -> status = value;
                case "ExitCode" -> exitCode = value.matches("-?[0-9]{1,9}") ? Integer.parseInt(value) : 0;
                case "StartedAt" -> started = time(value);
                case "FinishedAt" -> finished = time(value);
                default -> {}
            }
        }
    }

    /** The time of a text, or {@link Place#NONE} if it is none or the daemon's way to say so. */
    static long time(String text) {
        byte[] bytes = (text + ' ').getBytes(StandardCharsets.UTF_8);
        try {
            return text.startsWith("0001-") ? Place.NONE : new Stamp().read(bytes, 0, bytes.length);
        } catch (IOException e) {
            return Place.NONE;
        }
    }
}
