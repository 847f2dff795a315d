package io.logstream.ssh;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What files of known hosts say of one host, as sshd(8) describes them: names, patterns and hashes, with ports; keys that are
 * revoked. Keys of authorities are left out, as hosts are not asked for certificates. Immutable.
 */
final class KnownHosts {
    private static final Logger LOG = LoggerFactory.getLogger(KnownHosts.class);

    private static final int SSH_PORT = 22;

    /** What is to be thought of a key. */
    enum Verdict {
        KNOWN,
        UNKNOWN,
        /** Another key is known for the host. */
        CHANGED,
        REVOKED
    }

    private record Key(String type, ByteBuffer data, boolean revoked) {}

    private final String name;
    private final List<Key> keys;

    private KnownHosts(String name, List<Key> keys) {
        this.name = name;
        this.keys = keys;
    }

    /** The name that is looked for. */
    String name() {
        return name;
    }

    /** Reads files; those that are not there know nobody. */
    static KnownHosts of(String host, int port, List<Path> files) throws IOException {
        List<Key> keys = new ArrayList<>();
        String name = (port == SSH_PORT ? host : "[" + host + "]:" + port).toLowerCase(Locale.ROOT);
        for (Path file : files) {
            if (!Files.exists(file)) {
                continue;
            }
            for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
                String trimmed = line.trim();
                if (!trimmed.isEmpty() && !trimmed.startsWith("#")) {
                    add(keys, trimmed, name, file);
                }
            }
        }
        return new KnownHosts(name, keys);
    }

    /** {@code [@marker] names type key [comment]} */
    private static void add(List<Key> keys, String line, String name, Path file) {
        String[] words = line.split("\\s+", -1);
        int at = words[0].startsWith("@") ? 1 : 0;
        boolean revoked = words[0].equals("@revoked");
        if (words.length < at + 3 || (at == 1 && !revoked) || !names(words[at], name)) {
            return;
        }
        try {
            keys.add(new Key(words[at + 1], ByteBuffer.wrap(Base64.getDecoder().decode(words[at + 2])), revoked));
        } catch (IllegalArgumentException e) {
            LOG.debug("{}: a line is not understood", file, e);
        }
    }

    private static boolean names(String names, String name) {
        if (!names.startsWith("|")) {
            return SshConfig.matches(List.of(names.split(",", -1)), name);
        }
        String[] parts = names.split("\\|", -1); // "", "1", salt, hash
        try {
            if (parts.length != 4 || !parts[1].equals("1")) {
                return false;
            }
            Mac mac = Mac.getInstance("HmacSHA1");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(parts[2]), "HmacSHA1"));
            byte[] hash = mac.doFinal(name.getBytes(StandardCharsets.UTF_8));
            return Arrays.equals(hash, Base64.getDecoder().decode(parts[3]));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            LOG.debug("a hashed name is not understood", e);
            return false;
        }
    }

    Verdict judge(String type, ByteBuffer data) {
        boolean known = false;
        boolean others = false;
        for (Key key : keys) {
            if (key.type.equals(type) && key.data.equals(data)) {
                if (key.revoked) {
                    return Verdict.REVOKED;
                }
                known = true;
            }
            others |= !key.revoked;
        }
        return known ? Verdict.KNOWN : others ? Verdict.CHANGED : Verdict.UNKNOWN;
    }

    /** The kinds of keys that are known: the host is asked for one of these. */
    Set<String> types() {
        Set<String> types = new LinkedHashSet<>();
        keys.stream().filter(key -> !key.revoked).forEach(key -> types.add(key.type));
        return types;
    }
}
