package io.logstream.examples;

import io.logstream.ssh.SshConnection;
import io.logstream.ssh.SshFileSource;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Understands {@code ssh://[user@]host[:port]/path}, with {@code %XX} in the path for any byte. Files of one user, host and
 * port share one connection, which lasts as long as the command.
 */
final class SshScheme {
    private static final Pattern URL =
            Pattern.compile("//(?:([^@/]*)@)?(\\[[^]/]*]|[^:/@]*)(?::(\\d{1,9}))?(/.*)", Pattern.DOTALL);

    private final SshOptions options;

    SshScheme(SshOptions options) {
        this.options = options;
    }

    NamedSource source(String given, String rest, boolean follow) {
        Matcher url = URL.matcher(rest);
        if (!url.matches()) {
            throw new UserError("'" + given + "' names no file of another machine: use ssh://[user@]host[:port]/path");
        }
        String user = url.group(1);
        if (user != null && user.indexOf(':') >= 0) {
            throw new UserError("an ssh:// URL has no password: use a key or an agent"); // which is not shown again
        }
        try {
            SshConnection connection = options.connection(user, url.group(2), url.group(3));
            String path = decoded(given, url.group(4));
            return NamedSource.of(
                    given,
                    "ssh",
                    SshFileSource.builder(connection, path)
                            .follow(follow)
                            .mode(options.mode)
                            .build());
        } catch (IllegalArgumentException e) {
            throw new UserError("'" + given + "': " + e.getMessage());
        }
    }

    private static String decoded(String given, String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream();
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != '%') {
                decoded.write(bytes[i]);
                continue;
            }
            int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
            int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw new UserError("'" + given + "': a percent sign in the path is written %25, and %XX is a byte");
            }
            decoded.write(16 * high + low);
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(decoded.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new UserError("'" + given + "': only paths in UTF-8 can be given");
        }
    }
}
