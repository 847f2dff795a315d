package io.logstream.docker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
 * @param emptied whether the log has one file only, which is emptied then
 * @param labelled whether its entries have more in the log's file than their text, channel and time
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
        boolean emptied,
        boolean labelled,
        String logPath) {
    private static final String OPTION = "HostConfig.LogConfig.Config.";
    private static final long LOCAL_SIZE = 20 << 20;
    private static final List<String> LABELS = List.of("labels", "labels-regex", "env", "env-regex", "tag");
    private static final Pattern SIZE = Pattern.compile("([0-9]+(?:\\.[0-9]+)?) ?([kKmMgG]?)i?[bB]?");

    boolean wasNeverStarted() {
        return status.equals("created") || status.equals("configured") || status.equals("initialized");
    }

    boolean isRunning() {
        return status.equals("running") || status.equals("paused");
    }

    /** Whether it has ended, for now at least. */
    boolean isOver() {
        return status.equals("exited") || status.equals("dead") || status.equals("stopped");
    }

    /** Whether the run that was started last has ended, whatever comes then. */
    boolean hasEnded() {
        return isOver() || isBeingRemoved() || status.equals("restarting");
    }

    boolean isBeingRemoved() {
        return status.equals("removing");
    }

    /** Understands the answer to {@code /containers/{id}/json}. */
    static ContainerState parse(byte[] json) throws IOException {
        Map<String, String> in = Json.leaves(json);
        String id = in.getOrDefault("Id", "");
        if (!id.matches("[0-9a-f]{16,128}")) {
            throw new IOException("no container in the daemon's answer: its id is '" + Text.shown(id) + "'");
        }
        String code = in.getOrDefault("State.ExitCode", "");
        String driver = in.getOrDefault("HostConfig.LogConfig.Type", "");
        return new ContainerState(
                id,
                in.getOrDefault("Name", "").replaceFirst("^/", ""),
                in.getOrDefault("Config.Tty", "").equals("true"),
                in.getOrDefault("State.Status", ""),
                code.matches("-?[0-9]{1,9}") ? Integer.parseInt(code) : 0,
                time(in.getOrDefault("State.StartedAt", "")),
                time(in.getOrDefault("State.FinishedAt", "")),
                driver,
                rotatedAt(in, driver),
                isEmptied(in, driver),
                LABELS.stream().anyMatch(name -> in.containsKey(OPTION + name)),
                in.getOrDefault("LogPath", ""));
    }

    /** Whether the log's file is one of json-file: all others that are rotated are of the driver local. */
    boolean isJson() {
        return driver.equals("json-file");
    }

    /**
     * The option of a file that the daemon itself rotates: of a driver that sends its log elsewhere these are the ones of the cache,
     * which is a log of the driver local.
     */
    private static String option(Map<String, String> in, String driver, String name) {
        boolean own = driver.equals("json-file") || driver.equals("local");
        return in.getOrDefault(OPTION + (own ? name : "cache-" + name), "");
    }

    private static boolean isEmptied(Map<String, String> in, String driver) {
        String files = option(in, driver, "max-file");
        return files.equals("1") || files.isEmpty() && driver.equals("json-file");
    }

    /** As docker reads sizes: a number with a unit, k, m or g. */
    private static long rotatedAt(Map<String, String> in, String driver) {
        if (driver.equals("journald") || driver.equals("none")) {
            return 0;
        }
        Matcher matcher = SIZE.matcher(option(in, driver, "max-size"));
        if (!matcher.matches()) {
            return driver.equals("json-file") ? 0 : LOCAL_SIZE;
        }
        int unit = " kmg"
                .indexOf(matcher.group(2).toLowerCase(Locale.ROOT).concat(" ").charAt(0));
        return (long) (Double.parseDouble(matcher.group(1)) * (1L << 10 * unit));
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
