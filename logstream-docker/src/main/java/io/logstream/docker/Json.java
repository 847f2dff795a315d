package io.logstream.docker;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the daemon's JSON in one pass, without a tree. */
final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    /** Takes one field of an object. */
    interface Field {
        /**
         * Takes it, with the parser at its value. What it leaves of an object or array is skipped.
         *
         * @param name its name
         * @param value its text, also of a number or truth value; empty for null, objects and arrays
         */
        void take(String name, String value, JsonParser at) throws IOException;
    }

    /** Takes one element of an array. */
    interface Element {
        void take(JsonParser at) throws IOException;
    }

    private Json() {}

    /** A parser at its first token. */
    static JsonParser parse(byte[] json, int from, int to) throws IOException {
        JsonParser parser = FACTORY.createParser(json, from, to - from);
        parser.nextToken();
        return parser;
    }

    static JsonParser parse(byte[] json) throws IOException {
        return parse(json, 0, json.length);
    }

    /** Walks through the object that the parser is at, to its end. */
    static void object(JsonParser at, Field field) throws IOException {
        if (at.currentToken() != JsonToken.START_OBJECT) {
            at.skipChildren();
            return;
        }
        while (at.nextToken() == JsonToken.FIELD_NAME) {
            String name = at.currentName();
            JsonToken value = at.nextToken();
            if (value == JsonToken.START_OBJECT || value == JsonToken.START_ARRAY) {
                int before = at.getParsingContext().getParent().getNestingDepth();
                field.take(name, "", at);
                while (at.getParsingContext().getNestingDepth() > before) {
                    if (at.nextToken() == null) {
                        throw new JsonEOFException(at, null, "an object without an end");
                    }
                }
            } else {
                field.take(name, value == JsonToken.VALUE_NULL ? "" : at.getText(), at);
            }
        }
    }

    /** Walks through the array that the parser is at, to its end. */
    static void array(JsonParser at, Element element) throws IOException {
        if (at.currentToken() != JsonToken.START_ARRAY) {
            at.skipChildren();
            return;
        }
        for (JsonToken token = at.nextToken(); token != JsonToken.END_ARRAY; token = at.nextToken()) {
            if (token == null) {
                throw new JsonParseException(at, "an array without an end");
            }
            element.take(at);
        }
    }

    /** An object of texts. */
    static Map<String, String> texts(JsonParser at) throws IOException {
        Map<String, String> texts = new LinkedHashMap<>();
        object(at, (name, value, inside) -> texts.put(name, value));
        return texts;
    }

    /** The field {@code message} of an error, or an empty text. */
    static String message(byte[] json) {
        String[] found = {""};
        try (JsonParser parser = parse(json)) {
            object(parser, (name, value, at) -> {
                if (name.equals("message")) {
                    found[0] = Text.shown(value);
                }
            });
        } catch (IOException e) {
            return Text.shown(json, 0, json.length);
        }
        return found[0];
    }

    /** Puts a text between quotes. */
    static String quoted(@Nullable String text) {
        char[] escaped =
                com.fasterxml.jackson.core.io.JsonStringEncoder.getInstance().quoteAsString(text == null ? "" : text);
        return '"' + new String(escaped) + '"';
    }
}
