package io.logstream.ssh;

import io.logstream.LogStreamException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The way to a host as ssh's configuration and the options of a connection say. What it asks for and can't be done is refused. */
final class Route {
    private static final int MOST_JUMPS = 8;
    private static final int SSH_PORT = 22;
    private static final List<String> USUAL_KEYS =
            List.of("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk");

    private final @Nullable Path file;
    private final Path home;
    private final Map<String, String> environment;
    private final List<Hop> hops = new ArrayList<>();

    private Route(@Nullable Path file, Path home, Map<String, String> environment) {
        this.file = file;
        this.home = home;
        this.environment = environment;
    }

    /**
     * The hosts on the way, the last of them is where it leads.
     *
     * @param home the user's home directory
     * @throws LogStreamException if the configuration asks for what can't be done
     */
    static List<Hop> of(Destination how, Path home, Map<String, String> environment) {
        Path file = how.config();
        if (file == null) {
            Path usual = home.resolve(".ssh").resolve("config");
            file = Files.exists(usual) ? usual : null;
        }
        Route route = new Route(file, home, environment);
        SshConfig config = SshConfig.of(file, how.host(), home);
        route.addJumps(config, how.host(), 0);
        route.hops.add(route.hop(config, how.host(), how.user(), how.port(), how));
        return route.hops;
    }

    private void addJumps(SshConfig config, String alias, int depth) {
        String jumps = config.word("proxyjump");
        if (jumps == null || jumps.equalsIgnoreCase("none")) {
            return;
        }
        if (depth >= MOST_JUMPS) {
            throw new LogStreamException("ssh's configuration: ProxyJump goes in a circle at '" + alias + "'");
        }
        boolean first = true;
        for (String jump : jumps.split(",", -1)) {
            String at = jump.trim().replaceFirst("^ssh://", "").replaceFirst("/$", "");
            String user = at.substring(0, Math.max(0, at.lastIndexOf('@')));
            String where = at.substring(at.lastIndexOf('@') + 1);
            boolean hasPort = where.matches("\\[.*\\]:\\d{1,5}|[^:]*:\\d{1,5}");
            String host = (hasPort ? where.substring(0, where.lastIndexOf(':')) : where).replaceAll("[\\[\\]]", "");
            if (host.isEmpty() || host.contains("%")) {
                throw new LogStreamException(
                        "ssh's configuration: ProxyJump names no host with '" + Text.shown(jump) + "'");
            }
            SshConfig its = SshConfig.of(file, host, home);
            if (first) { // the others are reached from the one before, whatever is said of them
                addJumps(its, host, depth + 1);
                first = false;
            }
            int port = hasPort ? port(where.substring(where.lastIndexOf(':') + 1)) : 0;
            hops.add(hop(its, host, user, port, null));
        }
    }

    /** Options of the connection hold for the last host only. */
    private Hop hop(SshConfig config, String alias, String user, int port, @Nullable Destination how) {
        Map<Character, String> tokens = Map.of('h', alias);
        String named = config.word("hostname");
        String host = named == null ? alias : config.expanded(named, tokens);
        String itsPort = config.word("port");
        int at = port > 0 ? port : itsPort == null ? SSH_PORT : port(itsPort);
        String local = String.valueOf(System.getProperty("user.name"));
        String itsUser = config.word("user");
        String as = !user.isEmpty() ? user : itsUser == null ? local : itsUser;
        tokens = Map.of('h', host, 'n', alias, 'p', String.valueOf(at), 'r', as, 'u', local);
        String hostKeyAlias = config.word("hostkeyalias");
        boolean only = is(config, "identitiesonly")
                || (how != null && !how.identities().isEmpty());
        Boolean compression = how == null ? null : how.compression();
        return new Hop(
                host,
                at,
                as,
                (hostKeyAlias == null ? host : hostKeyAlias).toLowerCase(Locale.ROOT),
                hostKeyAlias == null ? at : SSH_PORT,
                knownHosts(config, tokens, how),
                how != null && how.anyHostKey(),
                identities(config, tokens, how),
                only,
                agent(config, tokens),
                compression == null ? is(config, "compression") : compression);
    }

    private static boolean is(SshConfig config, String keyword) {
        String word = config.word(keyword);
        return switch (word == null ? "no" : word.toLowerCase(Locale.ROOT)) {
            case "yes", "true" -> true;
            case "no", "false" -> false;
            default ->
                throw new LogStreamException("ssh's configuration: '" + Text.shown(String.valueOf(word))
                        + "' is neither yes nor no, after " + keyword);
        };
    }

    private static int port(String word) {
        int port = word.matches("\\d{1,5}") ? Integer.parseInt(word) : 0;
        if (port < 1 || port > 65535) {
            throw new LogStreamException("ssh's configuration: '" + Text.shown(word) + "' is no port");
        }
        return port;
    }

    private List<Path> knownHosts(SshConfig config, Map<Character, String> tokens, @Nullable Destination how) {
        if (how != null && how.knownHosts() != null) {
            return List.of(how.knownHosts());
        }
        List<Path> files = new ArrayList<>();
        List<String> users = config.words("userknownhostsfile");
        for (String each : users == null ? List.of("~/.ssh/known_hosts", "~/.ssh/known_hosts2") : users) {
            addFile(files, config, each, tokens);
        }
        List<String> global = config.words("globalknownhostsfile");
        for (String each : global == null ? List.of("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2") : global) {
            addFile(files, config, each, tokens);
        }
        return files;
    }

    private void addFile(List<Path> files, SshConfig config, String name, Map<Character, String> tokens) {
        if (!name.equalsIgnoreCase("none")) {
            files.add(Path.of(config.expanded(name, tokens)).toAbsolutePath());
        }
    }

    private List<Path> identities(SshConfig config, Map<Character, String> tokens, @Nullable Destination how) {
        if (how != null && !how.identities().isEmpty()) {
            return List.copyOf(how.identities());
        }
        List<Path> files = new ArrayList<>();
        for (String each : config.identityFiles()) {
            addFile(files, config, each, tokens);
        }
        if (config.identityFiles().isEmpty()) {
            USUAL_KEYS.forEach(each -> files.add(home.resolve(".ssh").resolve(each)));
        }
        return files;
    }

    private @Nullable Path agent(SshConfig config, Map<Character, String> tokens) {
        String word = config.word("identityagent");
        if (word == null || word.equals("SSH_AUTH_SOCK")) {
            word = environment.get("SSH_AUTH_SOCK");
            return word == null || word.isEmpty() ? null : Path.of(word);
        }
        if (word.startsWith("$") && !word.startsWith("${")) { // what is in braces is refused below
            word = environment.get(word.substring(1));
            return word == null || word.isEmpty() ? null : Path.of(word);
        }
        return word.equalsIgnoreCase("none") ? null : Path.of(config.expanded(word, tokens));
    }
}
