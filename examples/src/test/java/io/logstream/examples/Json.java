package io.logstream.examples;

import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a flat JSON object strictly: strings, whole numbers and truth values, as the command writes them. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    static Map<String, Object> parse(String text) {
        Json json = new Json(text);
        Map<String, Object> result = json.object();
        if (json.at != text.length()) {
            throw json.wrong();
        }
        return result;
    }

    private Map<String, Object> object() {
        Map<String, Object> result = new LinkedHashMap<>();
        char before = '{';
        do {
            expect(before);
            String name = string();
            expect(':');
            if (result.put(name, value()) != null) {
                throw wrong();
            }
            before = ',';
        } while (text.charAt(at) == ',');
        expect('}');
        return result;
    }

    private Object value() {
        if (text.charAt(at) == '"') {
            return string();
        }
        int from = at;
        while (",}".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String value = text.substring(from, at);
        if (value.equals("true") || value.equals("false")) {
            return Boolean.valueOf(value);
        }
        return Long.valueOf(value);
    }

    private String string() {
        expect('"');
        StringBuilder result = new StringBuilder();
        while (text.charAt(at) != '"') {
            char c = text.charAt(at++);
            if (c < 0x20) {
                throw wrong();
            }
            result.append(c == '\\' ? escaped() : c);
        }
        at++;
        return result.toString();
    }

    private char escaped() {
        char c = text.charAt(at++);
        int simple = "\"\\/bfnrt".indexOf(c);
        if (simple >= 0) {
            return "\"\\/\b\f\n\r\t".charAt(simple);
        }
        if (c != 'u') {
            throw wrong();
        }
        at += 4;
        return (char) Integer.parseInt(text.substring(at - 4, at), 16);
    }

    private void expect(char c) {
        if (text.charAt(at++) != c) {
            throw wrong();
        }
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("no JSON at " + at + ": " + text);
    }
}
