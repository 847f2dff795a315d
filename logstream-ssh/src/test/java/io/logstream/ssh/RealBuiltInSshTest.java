package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.EndReason;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All cases with the built-in SSH, and what only that does. */
class RealBuiltInSshTest extends RealSshTest {
    @Override
    SshConnection.Builder by(SshConnection.Builder builder) {
        return builder;
    }

    @ParameterizedTest
    @CsvSource({"ed25519,OPENSSH", "rsa,OPENSSH", "ecdsa,OPENSSH", "rsa,PEM", "ecdsa,PEM"})
    void keyWithAPassphrase_isUsed(String type, String format) throws Exception {
        Path key = sshd().key("locked-" + type + format, type, "open sesame");
        sshd().authorize(key);
        if (!format.equals("OPENSSH")) {
            RealSshd.run(
                    "ssh-keygen",
                    "-q",
                    "-p",
                    "-m",
                    format,
                    "-P",
                    "open sesame",
                    "-N",
                    "open sesame",
                    "-f",
                    key.toString());
        }
        Path log = Files.writeString(directory().resolve("log"), "one\n");
        try (SshConnection over =
                with(key).passphrase(file -> "open sesame".toCharArray()).build()) {
            follow(over, log).awaitLine("one");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rsa", "ecdsa"})
    void keyInPkcs8_isUsed_andRefusedWithAPassphrase(String type) throws Exception {
        Path key = sshd().key("pkcs8-" + type, type, "");
        sshd().authorize(key);
        RealSshd.run("ssh-keygen", "-q", "-p", "-m", "PKCS8", "-N", "", "-f", key.toString());
        Path log = Files.writeString(directory().resolve("log"), "one\n");
        try (SshConnection over = with(key).build()) {
            follow(over, log).awaitLine("one");
        }
        RealSshd.run("ssh-keygen", "-q", "-p", "-m", "PKCS8", "-N", "open sesame", "-f", key.toString());
        assertRefused(
                with(key).passphrase(file -> "open sesame".toCharArray()), key + " has a form that is not understood");
    }

    @Test
    void passphraseThatIsWrongOrMissing_isNamed_butNeverShown() throws Exception {
        Path key = sshd().key("locked", "ed25519", "open sesame");
        sshd().authorize(key);
        assertRefused(with(key), key + " has a passphrase");
        char[] wrong = "hunter2".toCharArray();
        Path log = Files.writeString(directory().resolve("log"), "one\n");
        try (SshConnection over = with(key).passphrase(file -> wrong).build()) {
            EndReason end = follow(over, log).awaitEnd();
            assertThat(end.toString())
                    .contains("the passphrase of " + key + " is wrong")
                    .doesNotContain("hunter2");
        }
        assertThat(wrong).containsOnly('\0');
    }

    private SshConnection.Builder with(Path key) throws Exception {
        return SshConnection.builder("127.0.0.1")
                .port(sshd().port)
                .user("root")
                .config(config(""))
                .knownHosts(sshd().knownHosts)
                .identity(key);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ProxyCommand nc %h %p", "Ciphers aes128-ctr", "CertificateFile ~/x", "NoSuchKeyword 1"})
    void lineThatIsNotUnderstood_isRefused_withItsKeyword(String line) throws Exception {
        Path config = config("Host other\n  BindAddress 1.2.3.4\nHost 127.*\n  " + line + "\n");
        assertRefused(reaching().config(config), "line 4: '" + line.replaceAll(" .*", "") + "'");
    }

    @Test
    void hostWithSeveralKeys_isAskedForTheKindThatIsKnown() throws Exception {
        Path several = Files.createDirectory(directory().resolve("several"));
        try (RealSshd other = new RealSshd(several, "ecdsa", "rsa", "ed25519")) {
            Path log = Files.writeString(directory().resolve("log"), "one\n");
            for (String type : new String[] {"ecdsa", "rsa", "ed25519"}) {
                Path known = Files.writeString(
                        directory().resolve("known-" + type),
                        "[127.0.0.1]:" + other.port + " " + RealSshd.publicKey(several.resolve("host-" + type)) + "\n");
                try (SshConnection over = other.connection().knownHosts(known).build()) {
                    follow(over, log).awaitLine("one");
                }
            }
        }
    }
}
