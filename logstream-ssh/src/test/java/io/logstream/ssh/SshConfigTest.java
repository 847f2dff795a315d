package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.LogStreamException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ssh's configuration means to the built-in SSH. */
class SshConfigTest {
    @TempDir
    private Path home;

    private List<Hop> route(String config, SshConnection.Builder how) throws Exception {
        Path file = Files.writeString(home.resolve("config"), config);
        return Route.of(how.config(file).destination(), home, Map.of("SSH_AUTH_SOCK", "/run/agent", "OTHER", "/o"));
    }

    private Hop hop(String config) throws Exception {
        List<Hop> route = route(config, SshConnection.builder("web"));
        assertThat(route).hasSize(1);
        return route.get(0);
    }

    @Test
    void firstValueCounts_andOnlyOfHostsThatFit() throws Exception {
        Hop hop = hop("""
                # comment
                Host db web*  !web?
                  HostName = %h.example.org
                  Port=2222
                  user "a user"
                Host web1
                  Port 1
                Host *
                  Port 3
                  User other
                """);
        assertThat(hop.host()).isEqualTo("web.example.org");
        assertThat(hop.port()).isEqualTo(2222);
        assertThat(hop.user()).isEqualTo("a user");
        assertThat(hop.knownAs()).isEqualTo("web.example.org");
        assertThat(hop.anyHostKey()).isFalse();
    }

    @Test
    void hostIsLeftOut_whereItsPatternIsNegated() throws Exception {
        assertThat(hop("Host * !web\n  Port 7\n").port()).isEqualTo(22);
    }

    @Test
    void optionsOfTheConnection_winOverTheConfiguration() throws Exception {
        SshConnection.Builder how = SshConnection.builder("web")
                .port(5)
                .user("me")
                .identity(Path.of("/k"))
                .knownHosts(Path.of("/n"))
                .compression(false);
        Hop hop = route("Port 6\nUser u\nIdentityFile /x\nUserKnownHostsFile /y\nCompression yes\n", how)
                .get(0);
        assertThat(hop.port()).isEqualTo(5);
        assertThat(hop.user()).isEqualTo("me");
        assertThat(hop.identities()).containsExactly(Path.of("/k"));
        assertThat(hop.onlyThese()).isTrue();
        assertThat(hop.knownHosts()).containsExactly(Path.of("/n"));
        assertThat(hop.compression()).isFalse();
    }

    @Test
    void namesOfFiles_areExpanded() throws Exception {
        Hop hop = hop("User u\nPort 9\nHostName h\nIdentityFile ~/k-%r-%p-%h-%n-%%\nIdentityFile %d/second\n"
                + "UserKnownHostsFile /a \"/with space\" none\nGlobalKnownHostsFile none\n");
        assertThat(hop.identities()).containsExactly(home.resolve("k-u-9-h-web-%"), home.resolve("second"));
        assertThat(hop.knownHosts()).containsExactly(Path.of("/a"), Path.of("/with space"));
    }

    @Test
    void agent_isTheOneThatIsNamed() throws Exception {
        assertThat(hop("").agent()).isEqualTo(Path.of("/run/agent"));
        assertThat(hop("IdentityAgent none\n").agent()).isNull();
        assertThat(hop("IdentityAgent $OTHER\n").agent()).isEqualTo(Path.of("/o"));
        assertThat(hop("IdentityAgent ~/a\n").agent()).isEqualTo(home.resolve("a"));
    }

    @Test
    void jumps_areFollowed_inOrder() throws Exception {
        List<Hop> route = route("""
                Host web
                  ProxyJump me@first:2201,second
                Host first
                  ProxyJump zeroth
                Host second
                  HostName 10.0.0.2
                  ProxyJump never
                """, SshConnection.builder("web").user("u").port(7));
        assertThat(route).extracting(Hop::host).containsExactly("zeroth", "first", "10.0.0.2", "web");
        assertThat(route.get(1).user()).isEqualTo("me");
        assertThat(route.get(1).port()).isEqualTo(2201);
        assertThat(route.get(2).port()).isEqualTo(22);
        assertThat(route.get(3).port()).isEqualTo(7);
    }

    @Test
    void jumpsInACircle_areRefused() {
        assertThatThrownBy(() -> hop("Host web\n  ProxyJump gate\nHost gate\n  ProxyJump web\n"))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("circle");
    }

    @Test
    void includedFiles_areReadInTheirPlace() throws Exception {
        Path ssh = Files.createDirectories(home.resolve(".ssh/config.d"));
        Files.writeString(ssh.resolve("b.conf"), "Port 2\nHost other\n  User wrong\n");
        Files.writeString(ssh.resolve("a.conf"), "Host web\n  Port 1\n");
        Hop hop = hop("Host nobody\n  Include config.d/c.conf\nHost *\n  Include config.d/*.conf\n  User u\n");
        assertThat(hop.port()).isEqualTo(1);
        assertThat(hop.user()).isEqualTo("u");
    }

    @Test
    void includeInACircle_isRefused() throws Exception {
        Files.createDirectories(home.resolve(".ssh"));
        Files.writeString(home.resolve(".ssh/loop"), "Include loop\n");
        assertThatThrownBy(() -> hop("Include loop\n")).hasMessageContaining("nested too deeply");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ProxyCommand x",
                "Ciphers a",
                "HostKeyAlgorithms a",
                "CertificateFile a",
                "BindAddress 1.2.3.4",
                "AddressFamily inet6",
                "PubkeyAuthentication no",
                "PreferredAuthentications password",
                "RevokedHostKeys /r",
                "CanonicalizeHostname yes",
                "PKCS11Provider /p",
                "Unheard of"
            })
    void keywordThatIsNotUnderstood_isRefused_whereItsHostFits(String line) throws Exception {
        String keyword = line.substring(0, line.indexOf(' '));
        assertThatThrownBy(() -> hop("Host web\n\n  " + line + "\n"))
                .isInstanceOf(LogStreamException.class)
                .hasMessageContaining("line 3: '" + keyword + "'")
                .hasMessageContaining("system's ssh");
        assertThat(hop("Host other\n  " + line + "\n").host()).isEqualTo("web");
    }

    @Test
    void proxyCommandNone_endsTheSearchForAJumpHost_asInSsh() throws Exception {
        SshConnection.Builder web = SshConnection.builder("web");
        assertThat(route("Host web\n  ProxyCommand none\n  ProxyJump gate\n", web))
                .hasSize(1);
        assertThat(route("Host web\n  ProxyJump gate\n  ProxyCommand none\n", web))
                .hasSize(2);
        assertThatThrownBy(() -> route("Host web\n  ProxyCommand x\n  ProxyJump gate\n", web))
                .hasMessageContaining("'ProxyCommand'");
    }

    @Test
    void match_isRefused_unlessItIsForAll() throws Exception {
        assertThatThrownBy(() -> hop("Host other\nMatch user x\n  Port 1\n")).hasMessageContaining("line 2: 'Match'");
        assertThat(hop("Host other\nMatch all\n  Port 4\n").port()).isEqualTo(4);
    }

    @Test
    void whatCannotMatter_isLeftOut() throws Exception {
        assertThat(hop("SendEnv LANG LC_*\nHashKnownHosts yes\nGSSAPIAuthentication yes\nStrictHostKeyChecking no\n"
                                + "ControlMaster auto\nLocalForward 1 a:2\nProxyCommand none\nAddressFamily any\n"
                                + "PreferredAuthentications publickey,password\n")
                        .host())
                .isEqualTo("web");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Port x",
                "Port 0",
                "Port 70000",
                "HostName \"a",
                "HostName",
                "IdentityFile ${HOME}/k",
                "IdentityFile %Z"
            })
    void lineThatIsWrong_isRefused(String line) {
        assertThatThrownBy(() -> hop(line + "\n")).isInstanceOf(LogStreamException.class);
    }

    @Test
    void fileThatIsNotThere_isRefused_unlessItIsTheUsualOne() throws Exception {
        assertThatThrownBy(() -> Route.of(
                        SshConnection.builder("web")
                                .config(home.resolve("none"))
                                .destination(),
                        home,
                        Map.of()))
                .hasMessageContaining("can't read");
        assertThat(Route.of(SshConnection.builder("web").destination(), home, Map.of()))
                .hasSize(1);
    }
}
