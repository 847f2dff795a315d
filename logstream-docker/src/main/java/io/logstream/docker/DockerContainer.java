package io.logstream.docker;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
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
        List<DockerContainer> all = new ArrayList<>();
        try (JsonParser parser = Json.parse(json)) {
            Json.array(parser, at -> all.add(one(at)));
        }
        return all;
    }

    private static DockerContainer one(JsonParser at) throws IOException {
        String[] texts = {"", "", "", ""};
        List<String> names = new ArrayList<>();
        long[] created = {0};
        List<Map<String, String>> labels = new ArrayList<>();
        Json.object(at, (field, value, in) -> {
            switch (field) {
                case "Id" -> texts[0] = value;
                case "Image" -> texts[1] = value;
                case "State" -> texts[2] = value;
                case "Created" -> created[0] = value.matches("[0-9]{1,11}") ? Long.parseLong(value) : 0;
                case "Names" -> Json.array(in, name -> names.add(name.getText().replaceFirst("^/", "")));
                case "Labels" -> labels.add(Json.texts(in));
                default -> {}
            }
        });
        // A linked container also has names like /other/alias.
        String name =
                names.stream().filter(any -> !any.contains("/")).findFirst().orElse(texts[0]);
        return new DockerContainer(
                texts[0],
                name,
                texts[1],
                texts[2],
                Instant.ofEpochSecond(created[0]),
                labels.isEmpty() ? Map.of() : labels.get(0));
    }
}
