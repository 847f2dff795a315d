package io.logstream.examples;

import io.logstream.LogFilter;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which lines are shown. */
final class FilterOptions {
    @Option(
            names = "--filter",
            paramLabel = "REGEX",
            converter = Regex.class,
            description = "Show only lines in which the expression finds a match; given more than once: any of them.")
    private List<Pattern> filters = List.of();

    @Option(
            names = "--exclude",
            paramLabel = "REGEX",
            converter = Regex.class,
            description = "Hide lines in which the expression finds a match; may be given more than once.")
    private List<Pattern> excludes = List.of();

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            description = "Show only lines of at least this level: ${COMPLETION-CANDIDATES}.")
    private LogFilter.@Nullable Level level;

    LogFilter filter() {
        LogFilter result = LogFilter.all();
        if (!filters.isEmpty()) {
            result =
                    filters.stream().map(LogFilter::regex).reduce(LogFilter::or).get();
        }
        for (Pattern exclude : excludes) {
            result = result.and(LogFilter.regex(exclude).not());
        }
        return level == null ? result : result.and(LogFilter.level(level));
    }

    /** Says in one line what is wrong with an expression. */
    static final class Regex implements ITypeConverter<Pattern> {
        @Override
        public Pattern convert(String text) {
            try {
                return Pattern.compile(text);
            } catch (PatternSyntaxException e) {
                throw new TypeConversionException("'" + text + "' is no regular expression: " + e.getDescription()
                        + (e.getIndex() < 0 ? "" : " at position " + e.getIndex()));
            }
        }
    }
}
