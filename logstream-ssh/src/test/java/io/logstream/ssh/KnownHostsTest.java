package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.ssh.KnownHosts.Verdict;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownHostsTest {
    private static final String KEY = "ssh-ed25519 " + Base64.getEncoder().encodeToString(new byte[] {1, 2, 3});
    private static final String OTHER = "ssh-ed25519 " + Base64.getEncoder().encodeToString(new byte[] {4, 5});

    @TempDir
    private Path directory;

    private Verdict judge(String host, int port, String... lines) throws Exception {
        Path file = Files.write(directory.resolve("known"), List.of(lines));
        return KnownHosts.of(host, port, List.of(directory.resolve("none"), file))
                .judge("ssh-ed25519", ByteBuffer.wrap(new byte[] {1, 2, 3}));
    }

    @Test
    void hostIsKnown_byNamePatternAndPort() throws Exception {
        assertThat(judge("web", 22, "# comment", "", "db,web " + KEY + " comment here"))
                .isEqualTo(Verdict.KNOWN);
        assertThat(judge("Web", 22, "web " + KEY)).isEqualTo(Verdict.KNOWN);
        assertThat(judge("web", 22, "*,!web " + KEY)).isEqualTo(Verdict.UNKNOWN);
        assertThat(judge("web.example.org", 22, "*.example.org " + KEY)).isEqualTo(Verdict.KNOWN);
        assertThat(judge("web", 2222, "[web]:2222 " + KEY)).isEqualTo(Verdict.KNOWN);
        assertThat(judge("web", 2222, "web " + KEY)).isEqualTo(Verdict.UNKNOWN);
        assertThat(judge("web", 22, "[web]:2222 " + KEY)).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void nameThatIsLookedFor_hasThePort() throws Exception {
        assertThat(KnownHosts.of("Web", 2222, List.of()).name()).isEqualTo("[web]:2222");
        assertThat(KnownHosts.of("Web", 22, List.of()).name()).isEqualTo("web");
    }

    @Test
    void anotherKey_isAChange_unlessThisOneIsKnownToo() throws Exception {
        assertThat(judge("web", 22, "web " + OTHER)).isEqualTo(Verdict.CHANGED);
        assertThat(judge("web", 22, "web " + OTHER, "web " + KEY)).isEqualTo(Verdict.KNOWN);
        assertThat(judge("web", 22, "db " + OTHER)).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void revokedKey_isRefused_whateverElseIsSaid() throws Exception {
        assertThat(judge("web", 22, "web " + KEY, "@revoked * " + KEY)).isEqualTo(Verdict.REVOKED);
        assertThat(judge("web", 2222, "@revoked * " + KEY, "[web]:2222 " + KEY)).isEqualTo(Verdict.REVOKED);
    }

    @Test
    void keyOfAnAuthority_isNoHostKey() throws Exception {
        assertThat(judge("web", 22, "@cert-authority * " + KEY)).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void damagedLines_areLeftOut() throws Exception {
        assertThat(judge("web", 22, "web", "web ssh-ed25519", "web ssh-ed25519 !!!", "|1|x web", "|1|a|b " + KEY, "@x"))
                .isEqualTo(Verdict.UNKNOWN);
    }
}
