package io.logstream.examples;

import io.logstream.BackpressurePolicy;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a policy as it is given on the command line. */
final class PolicyConverter implements ITypeConverter<BackpressurePolicy> {
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

    @Override
    public BackpressurePolicy convert(String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        String value = colon < 0 ? "" : text.substring(colon + 1);
        try {
            return switch (name + (colon < 0 ? "" : ":")) {
                case "block" -> BackpressurePolicy.block();
                case "block:" -> BackpressurePolicy.block(duration(value));
                case "drop-oldest" -> BackpressurePolicy.dropOldest();
                case "drop-newest:" -> BackpressurePolicy.dropNewest(Integer.parseInt(value));
                case "disconnect:" -> BackpressurePolicy.disconnect(Long.parseLong(value));
                default -> throw new IllegalArgumentException("no such policy");
            };
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + text
                    + "' is none of block, block:30s (or ms, m, h), drop-oldest, drop-newest:LINES, disconnect:LINES");
        }
    }

    private static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(text);
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }
}
