package io.logstream.docker;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the daemon's JSON in one pass, without a tree. */
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /**
     * What is in an object and its objects and arrays, as texts by their paths, such as {@code State.ExitCode} or {@code
     * Names.0}. Of two with one path the first counts; what is null is not there.
     */
    static Map<String, String> leaves(byte[] json) throws IOException {
        try (JsonParser parser = FACTORY.createParser(json)) {
            Map<String, String> leaves = new LinkedHashMap<>();
            next(parser);
            collect(parser, "", leaves);
            return leaves;
        }
    }

    /** The same for each object of an array. */
    static List<Map<String, String>> array(byte[] json) throws IOException {
        try (JsonParser parser = FACTORY.createParser(json)) {
            List<Map<String, String>> all = new ArrayList<>();
            if (next(parser) != JsonToken.START_ARRAY) {
                throw new JsonParseException(parser, "no list");
            }
            while (next(parser) != JsonToken.END_ARRAY) {
                Map<String, String> leaves = new LinkedHashMap<>();
                collect(parser, "", leaves);
                all.add(leaves);
            }
            return all;
        }
    }

    /** Walks through the value that the parser is at, to its end. */
    private static void collect(JsonParser at, String path, Map<String, String> leaves) throws IOException {
        String prefix = path.isEmpty() ? "" : path + '.';
        switch (at.currentToken()) {
            case START_OBJECT -> {
                while (next(at) != JsonToken.END_OBJECT) {
                    String name = at.currentName();
                    next(at);
                    collect(at, prefix + name, leaves);
                }
            }
            case START_ARRAY -> {
                for (int i = 0; next(at) != JsonToken.END_ARRAY; i++) {
                    collect(at, prefix + i, leaves);
                }
            }
            case VALUE_NULL -> {}
            default -> leaves.putIfAbsent(path, at.getText());
        }
    }

    private static JsonToken next(JsonParser at) throws IOException {
        JsonToken token = at.nextToken();
        if (token == null) {
            throw new JsonEOFException(at, null, "an end is missing");
        }
        return token;
    }

    /** The field {@code message} of an error, or what else it says. */
    static String message(byte[] json) {
        try {
            return Text.shown(leaves(json).getOrDefault("message", ""));
        } catch (IOException e) {
            return Text.shown(json, 0, json.length);
        }
    }

    /** Puts a text between quotes. */
    static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }
}
