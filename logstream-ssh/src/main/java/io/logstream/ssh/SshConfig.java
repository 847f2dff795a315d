package io.logstream.ssh;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What OpenSSH's configuration says of one host, as ssh_config(5) describes it: the first value of a keyword counts, files with
 * keys add up. What would make ssh connect in another way than this library can is refused, never passed over. Not threadsafe.
 */
final class SshConfig {
    private static final int MOST_INCLUDES = 16;

    /** What is used; of each the words of its first line. */
    private static final Set<String> USED = Set.of(
            "hostname",
            "port",
            "user",
            "proxyjump",
            "userknownhostsfile",
            "globalknownhostsfile",
            "identitiesonly",
            "identityagent",
            "hostkeyalias",
            "compression");

    /**
     * What changes nothing here: what the library decides by itself (strictness, time limits, that nobody is asked), logins that
     * it does not offer, and what belongs to shells, forwarding, shared masters and output.
     */
    private static final Set<String> WITHOUT_MEANING =
            Set.of(("addkeystoagent batchmode challengeresponseauthentication"
                            + " checkhostip clearallforwardings connectionattempts connecttimeout controlmaster controlpath"
                            + " controlpersist dynamicforward enableescapecommandline enablesshkeysign escapechar"
                            + " exitonforwardfailure fingerprinthash forkafterauthentication forwardagent forwardx11"
                            + " forwardx11timeout forwardx11trusted gatewayports gssapiauthentication gssapidelegatecredentials"
                            + " hashknownhosts hostbasedauthentication ignoreunknown ipqos kbdinteractiveauthentication"
                            + " localcommand localforward loglevel logverbose nohostauthenticationforlocalhost"
                            + " numberofpasswordprompts passwordauthentication permitlocalcommand permitremoteopen"
                            + " remotecommand remoteforward requesttty sendenv serveralivecountmax serveraliveinterval"
                            + " sessiontype setenv stdinnull streamlocalbindmask streamlocalbindunlink stricthostkeychecking"
                            + " syslogfacility tag tcpkeepalive tunnel tunneldevice updatehostkeys usekeychain"
                            + " verifyhostkeydns visualhostkey xauthlocation")
                    .split(" ", -1));

    /** What is harmless with this value only. */
    private static final Map<String, String> HARMLESS_IF = Map.of(
            "addressfamily", "any",
            "canonicalizehostname", "no",
            "knownhostscommand", "none",
            "proxycommand", "none",
            "proxyusefdpass", "no",
            "pubkeyauthentication", "yes",
            "revokedhostkeys", "none");

    private final String alias;
    private final Path home;
    private final Map<String, List<String>> values = new HashMap<>();
    private final List<String> identityFiles = new ArrayList<>();

    private SshConfig(String alias, Path home) {
        this.alias = alias;
        this.home = home;
    }

    /**
     * Reads what is said of a host.
     *
     * @param file the file, or null where there is none
     * @param alias the name that {@code Host} lines are compared with
     * @throws LogStreamException if it asks for what can't be done
     */
    static SshConfig of(@Nullable Path file, String alias, Path home) {
        SshConfig config = new SshConfig(alias, home);
        if (file != null) {
            config.read(file, 0);
        }
        return config;
    }

    /** The words of a keyword's first line, or null. */
    @Nullable
    List<String> words(String keyword) {
        return values.get(keyword);
    }

    @Nullable
    String word(String keyword) {
        List<String> words = values.get(keyword);
        return words == null ? null : words.get(0);
    }

    List<String> identityFiles() {
        return identityFiles;
    }

    private void read(Path file, int depth) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new LogStreamException("can't read ssh's configuration " + file + ": " + e.getMessage(), e);
        }
        boolean applies = true;
        int number = 0;
        for (String line : lines) {
            number++;
            List<String> words = split(line, file, number);
            if (words.isEmpty()) {
                continue;
            }
            String keyword = words.get(0).toLowerCase(Locale.ROOT);
            List<String> arguments = words.subList(1, words.size());
            if (arguments.isEmpty()) {
                throw refused(file, number, words.get(0), "has no value");
            }
            switch (keyword) {
                case "host" -> applies = matches(arguments, alias);
                case "match" -> {
                    if (!arguments.get(0).equalsIgnoreCase("all") || arguments.size() > 1) {
                        throw refused(file, number, "Match", "is not understood");
                    }
                    applies = true;
                }
                default -> {
                    if (applies) {
                        take(keyword, words.get(0), arguments, file, number, depth);
                    }
                }
            }
        }
    }

    private void take(String keyword, String shown, List<String> arguments, Path file, int line, int depth) {
        String harmless = HARMLESS_IF.get(keyword);
        if (keyword.equals("include")) {
            include(arguments, file, line, depth);
        } else if (keyword.equals("identityfile")) {
            identityFiles.add(arguments.get(0));
        } else if (USED.contains(keyword)) {
            values.putIfAbsent(keyword, List.copyOf(arguments));
        } else if (keyword.equals("proxycommand") && values.containsKey("proxyjump")) {
            return; // as in ssh, the first of the two counts
        } else if (keyword.equals("proxycommand") && arguments.get(0).equalsIgnoreCase("none")) {
            values.put("proxyjump", List.of("none"));
        } else if (keyword.equals("preferredauthentications")) {
            if (!List.of(arguments.get(0).split(",", -1)).contains("publickey")) {
                throw refused(file, line, shown, "leaves out keys");
            }
        } else if (harmless != null
                ? !harmless.equalsIgnoreCase(arguments.get(0))
                : !WITHOUT_MEANING.contains(keyword)) {
            throw refused(file, line, shown, "is not understood");
        }
    }

    private void include(List<String> patterns, Path file, int line, int depth) {
        if (depth >= MOST_INCLUDES) {
            throw refused(file, line, "Include", "is nested too deeply");
        }
        for (String pattern : patterns) {
            Path named = home.resolve(".ssh").resolve(pattern.startsWith("~/") ? home + pattern.substring(1) : pattern);
            Path parent = named.getParent();
            boolean isOfAnother = pattern.startsWith("~") && !pattern.startsWith("~/");
            boolean hasTokens = pattern.contains("${") || pattern.contains("%");
            if (parent == null || parent.toString().matches(".*[*?\\[].*") || isOfAnother || hasTokens) {
                throw refused(file, line, "Include", "is not understood with this pattern");
            }
            if (!Files.isDirectory(parent)) {
                continue;
            }
            List<Path> found = new ArrayList<>();
            try (DirectoryStream<Path> names = Files.newDirectoryStream(parent, String.valueOf(named.getFileName()))) {
                names.forEach(found::add);
            } catch (IOException e) {
                throw new LogStreamException("can't read " + parent + ": " + e.getMessage(), e);
            }
            boolean all = String.valueOf(named.getFileName()).startsWith("."); // as in a shell
            found.removeIf(each -> !all && String.valueOf(each.getFileName()).startsWith("."));
            found.stream().sorted().filter(Files::isRegularFile).forEach(each -> read(each, depth + 1));
        }
    }

    /** Whether one of the patterns fits, and none of those with a {@code !}. */
    static boolean matches(List<String> patterns, String name) {
        boolean fits = false;
        for (String pattern : patterns) {
            boolean not = pattern.startsWith("!");
            if (fits(not ? pattern.substring(1) : pattern, name)) {
                if (not) {
                    return false;
                }
                fits = true;
            }
        }
        return fits;
    }

    private static boolean fits(String pattern, String name) {
        StringBuilder regex = new StringBuilder("(?i)");
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return name.matches(regex.toString());
    }

    /** Keyword and words: {@code Keyword word "more words"} or {@code Keyword=word}. */
    private static List<String> split(String line, Path file, int number) {
        List<String> words = new ArrayList<>();
        StringBuilder word = null;
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            boolean escaped = c == '\\'
                    && i + 1 < line.length()
                    && (line.charAt(i + 1) == '\\'
                            || line.charAt(i + 1) == '"'
                            || line.charAt(i + 1) == '\''
                            || (quote == 0 && line.charAt(i + 1) == ' '));
            boolean separates = quote == 0
                    && !escaped
                    && (Character.isWhitespace(c) || (c == '=' && words.size() + (word == null ? 0 : 1) == 1));
            if (separates) {
                if (word != null) {
                    words.add(word.toString());
                    word = null;
                    if (words.size() == 1 && c != '=') {
                        i = skipEquals(line, i);
                    }
                }
            } else if (c == '#' && word == null && quote == 0) {
                break;
            } else if (!escaped && (c == quote || (quote == 0 && (c == '"' || c == '\'')))) {
                quote = quote == 0 ? c : 0;
                word = word == null ? new StringBuilder() : word;
            } else {
                word = (word == null ? new StringBuilder() : word).append(escaped ? line.charAt(++i) : c);
            }
        }
        if (quote != 0) {
            throw refused(file, number, words.isEmpty() ? "" : words.get(0), "has a quote without an end");
        }
        if (word != null) {
            words.add(word.toString());
        }
        return words;
    }

    /** The keyword may be set off by one {@code =} with blanks around it. */
    private static int skipEquals(String line, int blank) {
        int i = blank;
        while (i + 1 < line.length() && Character.isWhitespace(line.charAt(i + 1))) {
            i++;
        }
        return i + 1 < line.length() && line.charAt(i + 1) == '=' ? i + 1 : i;
    }

    private static LogStreamException refused(Path file, int line, String keyword, String why) {
        return new LogStreamException(file + ", line " + line + ": '" + Text.shown(keyword) + "' " + why
                + " by the built-in SSH. The system's ssh understands it: name it as the program (command)");
    }

    /**
     * Replaces what ssh replaces in names of files: {@code ~/} and {@code %} with a letter.
     *
     * @throws LogStreamException if one is not known
     */
    String expanded(String text, Map<Character, String> tokens) {
        if (text.contains("${") || (text.startsWith("~") && !text.startsWith("~/"))) {
            throw unknown(text);
        }
        String from = text.startsWith("~/") ? home + text.substring(1) : text;
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < from.length(); i++) {
            char c = from.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            char token = ++i < from.length() ? from.charAt(i) : 0;
            String value = token == '%' ? "%" : token == 'd' ? home.toString() : tokens.get(token);
            if (value == null) {
                throw unknown(text);
            }
            out.append(value);
        }
        return out.toString();
    }

    private LogStreamException unknown(String text) {
        return new LogStreamException("ssh's configuration of '" + alias + "': the built-in SSH does not understand '"
                + Text.shown(text) + "'. The system's ssh does: name it as the program (command)");
    }
}
