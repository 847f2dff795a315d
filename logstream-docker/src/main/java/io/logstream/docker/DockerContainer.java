package io.logstream.docker;

import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a daemon's list says of a container, at one moment. Immutable and threadsafe.
 *
 * @param id its full id
 * @param name its name
 * @param image the name of its image
 * @param state created, running, paused, restarting, removing, exited or dead
 * @param created when it was made
 * @param labels its labels
 */
public record DockerContainer(
        String id, String name, String image, String state, Instant created, Map<String, String> labels) {

    /**
     * Keeps a copy of the labels.
     *
     * @param id its full id
     * @param name its name
     * @param image the name of its image
     * @param state created, running, paused, restarting, removing, exited or dead
     * @param created when it was made
     * @param labels its labels
     */
    public DockerContainer {
        labels = Map.copyOf(labels);
    }

    /** Understands the answer to {@code /containers/json}. */
    static List<DockerContainer> parse(byte[] json) throws IOException {
        return Json.array(json).stream().map(DockerContainer::of).toList();
    }

    private static DockerContainer of(Map<String, String> in) {
        String id = in.getOrDefault("Id", "");
        String created = in.getOrDefault("Created", "");
        // A linked container also has names like /other/alias.
        String name = valuesBelow("Names.", in).values().stream()
                .map(any -> any.replaceFirst("^/", ""))
                .filter(any -> !any.contains("/"))
                .findFirst()
                .orElse(id);
        return new DockerContainer(
                id,
                name,
                in.getOrDefault("Image", ""),
                in.getOrDefault("State", ""),
                Instant.ofEpochSecond(created.matches("[0-9]{1,11}") ? Long.parseLong(created) : 0),
                valuesBelow("Labels.", in));
    }

    private static Map<String, String> valuesBelow(String path, Map<String, String> in) {
        Map<String, String> below = new LinkedHashMap<>();
        in.forEach((name, value) -> {
            if (name.startsWith(path)) {
                below.put(name.substring(path.length()), value);
            }
        });
        return below;
    }
}
