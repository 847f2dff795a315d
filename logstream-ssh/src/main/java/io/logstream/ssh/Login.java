package io.logstream.ssh;

import io.logstream.LogStreamException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.apache.sshd.agent.SshAgent;
import org.apache.sshd.agent.SshAgentFactory;
import org.apache.sshd.agent.SshAgentServer;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.future.ConnectFuture;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.FactoryManager;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.OptionalFeature;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.channel.ChannelFactory;
import org.apache.sshd.common.cipher.BuiltinCiphers;
import org.apache.sshd.common.cipher.Cipher;
import org.apache.sshd.common.compression.BuiltinCompressions;
import org.apache.sshd.common.compression.Compression;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.io.nio2.Nio2ServiceFactoryFactory;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.common.util.net.SshdSocketAddress;
import org.apache.sshd.common.util.threads.CloseableExecutorService;
import org.apache.sshd.common.util.threads.ThreadUtils;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.forward.RejectAllForwardingFilter;
import org.jspecify.annotations.Nullable;

/**
 * A session with one host, made with Apache MINA SSHD: its key checked, logged in. Only keys are offered, nobody is asked for
 * anything, and nothing the host asks for is granted. It takes two threads: of the JDK's asynchronous channels, one waits for
 * the network, so that one is not enough.
 */
final class Login implements Closeable {
    private static final int THREADS = 2;

    /** The fastest in Java first. */
    private static final List<NamedFactory<Cipher>> CIPHERS = available(List.of(
            BuiltinCiphers.aes128gcm,
            BuiltinCiphers.aes256gcm,
            BuiltinCiphers.aes128ctr,
            BuiltinCiphers.aes192ctr,
            BuiltinCiphers.aes256ctr,
            BuiltinCiphers.cc20p1305_openssh));

    private static final List<BuiltinSignatures> SIGNATURES = List.of(
            BuiltinSignatures.ed25519,
            BuiltinSignatures.nistp256,
            BuiltinSignatures.nistp384,
            BuiltinSignatures.nistp521,
            BuiltinSignatures.rsaSHA512,
            BuiltinSignatures.rsaSHA256,
            BuiltinSignatures.sk_ecdsa_sha2_nistp256,
            BuiltinSignatures.sk_ssh_ed25519);

    private final Hop hop;
    private final Credentials credentials;
    private final KnownHosts known;
    private final long deadline;
    private final CloseableExecutorService threads = ThreadUtils.newFixedThreadPool("logstream-ssh-nio", THREADS);
    private final SshClient client;
    private volatile @Nullable LogStreamException refusal;
    private @Nullable ClientSession session;

    private Login(Hop hop, @Nullable Function<Path, char[]> passphrases, long deadline) throws IOException {
        this.hop = hop;
        this.deadline = deadline;
        this.credentials = new Credentials(hop, passphrases, left());
        this.known = KnownHosts.of(hop.knownAs(), hop.knownPort(), hop.knownHosts());
        this.client = client();
    }

    /**
     * Logs in.
     *
     * @param through a session with the host that is jumped over, or null
     * @param deadline in nanoseconds of the system's clock
     * @throws LogStreamException if the host is not the right one, or refuses
     */
    static Login to(Hop hop, @Nullable Login through, @Nullable Function<Path, char[]> passphrases, long deadline)
            throws IOException, InterruptedException {
        Login login = new Login(hop, passphrases, deadline);
        boolean done = false;
        try {
            login.client.start();
            login.session = login.connect(through);
            done = true;
            return login;
        } catch (InterruptedIOException e) {
            InterruptedException interrupted = new InterruptedException("while connecting to " + hop);
            interrupted.initCause(e);
            throw interrupted;
        } finally {
            if (!done) {
                login.close();
            }
        }
    }

    ClientSession session() {
        return Objects.requireNonNull(session);
    }

    Duration left() throws IOException {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            throw new IOException("not connected in time to " + hop);
        }
        return Duration.ofNanos(left);
    }

    // ---- what is asked for

    private SshClient client() {
        SshClient made = SshClient.setUpDefaultClient();
        made.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
        made.setKeyIdentityProvider(KeyIdentityProvider.wrapKeyPairs(credentials.pairs()));
        made.setUserAuthFactories(List.of(UserAuthPublicKeyFactory.INSTANCE));
        made.setAgentFactory(credentials.usesAgent() ? new Agents() : null);
        made.setForwardingFilter(RejectAllForwardingFilter.INSTANCE);
        made.setServerKeyVerifier((with, address, key) -> isRight(key));
        made.setCipherFactories(CIPHERS);
        made.setSignatureFactories(signatures());
        made.setCompressionFactories(compressions());
        made.setIoServiceFactoryFactory(new Nio2ServiceFactoryFactory(() -> ThreadUtils.noClose(threads)));
        made.setScheduledExecutorService(Watch.executor(), false);
        CoreModuleProperties.IDLE_TIMEOUT.set(made, Duration.ZERO); // Silence tells the dead from the idle
        CoreModuleProperties.NIO2_READ_TIMEOUT.set(made, Duration.ZERO);
        CoreModuleProperties.AUTH_TIMEOUT.set(made, Duration.ZERO); // there is a deadline
        CoreModuleProperties.TCP_NODELAY.set(made, true);
        CoreModuleProperties.SOCKET_KEEPALIVE.set(made, true);
        return made;
    }

    private List<NamedFactory<Compression>> compressions() {
        return hop.compression()
                ? available(
                        List.of(BuiltinCompressions.delayedZlib, BuiltinCompressions.zlib, BuiltinCompressions.none))
                : List.of(BuiltinCompressions.none);
    }

    /** Kinds of keys that are known of the host first, so that it is asked for one of them. */
    private List<NamedFactory<Signature>> signatures() {
        Set<String> types = known.types();
        List<BuiltinSignatures> ordered = new ArrayList<>();
        SIGNATURES.stream().filter(each -> types.contains(keyType(each))).forEach(ordered::add);
        SIGNATURES.stream().filter(each -> !types.contains(keyType(each))).forEach(ordered::add);
        return available(ordered);
    }

    private static String keyType(BuiltinSignatures signature) {
        String name = signature.getName();
        return name.startsWith("rsa-") ? "ssh-rsa" : name;
    }

    private static <T, B extends NamedFactory<T> & OptionalFeature> List<NamedFactory<T>> available(List<B> all) {
        List<NamedFactory<T>> there = new ArrayList<>();
        all.stream().filter(each -> each.isSupported()).forEach(there::add);
        return there;
    }

    private final class Agents implements SshAgentFactory {
        @Override
        public List<ChannelFactory> getChannelForwardingFactories(FactoryManager manager) {
            return List.of();
        }

        @Override
        public SshAgent createClient(Session with, FactoryManager manager) throws IOException {
            return credentials.agent();
        }

        @Override
        public @Nullable SshAgentServer createServer(ConnectionService service) {
            return null; // nothing is forwarded
        }
    }

    // ---- the host's key

    private boolean isRight(PublicKey key) {
        if (hop.anyHostKey()) {
            return true;
        }
        String fingerprint = KeyUtils.getKeyType(key) + " " + KeyUtils.getFingerPrint(key);
        KnownHosts.Verdict verdict = KnownHosts.Verdict.UNKNOWN;
        if (!(key instanceof OpenSshCertificate)) {
            ByteArrayBuffer raw = new ByteArrayBuffer();
            raw.putRawPublicKey(key);
            verdict = known.judge(KeyUtils.getKeyType(key), ByteBuffer.wrap(raw.getCompactData()));
        }
        String why = switch (verdict) {
            case KNOWN -> null;
            case UNKNOWN ->
                "the host key is not known. Compare its fingerprint, and add it to the file of known hosts as that of "
                        + known.name() + ": connecting once with ssh by hand does both, unless it is known there"
                        + " without the port";
            case CHANGED ->
                "the host key is not the known one: someone may be listening. If the host has got a new key,"
                        + " correct the file of known hosts";
            case REVOKED -> "the host key is revoked in the file of known hosts";
        };
        if (why != null) {
            refusal = new LogStreamException(why + ". It is " + fingerprint + " of " + hop);
        }
        return why == null;
    }

    // ---- connecting

    private ClientSession connect(@Nullable Login through) throws IOException {
        ClientSession fresh;
        SshdSocketAddress tunnel = null;
        if (through == null) {
            fresh = connect(InetAddress.getAllByName(hop.host()));
        } else {
            tunnel = through.session()
                    .startLocalPortForwarding(
                            new SshdSocketAddress("127.0.0.1", 0), new SshdSocketAddress(hop.host(), hop.port()));
            fresh = connect(tunnel.toInetSocketAddress(), left());
        }
        try {
            fresh.auth().verify(left());
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw explained(e);
        }
        if (through != null && tunnel != null) { // the one connection that it was for is there
            through.session().stopLocalPortForwarding(tunnel);
        }
        return fresh;
    }

    private ClientSession connect(InetAddress[] addresses) throws IOException {
        return firstOf(
                addresses,
                this::left,
                (address, most) -> connect(new InetSocketAddress(address, hop.port()), most),
                String.valueOf(hop));
    }

    /** How much time is left. */
    interface Left {
        Duration now() throws IOException;
    }

    /** Connects to an address. */
    interface Connecting<T> {
        T to(InetAddress address, Duration most) throws IOException;
    }

    /** What comes of the first address that answers; each gets its share of the time that is left, so that all are tried. */
    static <T> T firstOf(InetAddress[] addresses, Left left, Connecting<T> connecting, String host) throws IOException {
        IOException first = null;
        for (int i = 0; i < addresses.length; i++) {
            try {
                return connecting.to(addresses[i], left.now().dividedBy(addresses.length - i));
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        throw first == null ? new IOException("no address of " + host) : first;
    }

    private ClientSession connect(SocketAddress address, Duration most) throws IOException {
        ConnectFuture connecting = client.connect(hop.user(), address, null, null);
        boolean done = false;
        try {
            ClientSession made = connecting.verify(most).getClientSession();
            done = true;
            return made;
        } finally {
            if (!done) { // one that comes later is closed
                connecting.cancel();
            }
        }
    }

    private Exception explainedOrRefused(IOException failure) {
        LogStreamException refused = refusal;
        if (refused != null) {
            return refused;
        }
        String said = Text.shown(String.valueOf(failure.getMessage()));
        String low = said.toLowerCase(Locale.ROOT);
        int code = failure instanceof SshException ssh ? ssh.getDisconnectCode() : 0;
        if (code == SshConstants.SSH2_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE
                || low.contains("authentication failures")) {
            return new LogStreamException(
                    "the host refuses the login of " + hop + ". Check user and keys" + credentials.notes()
                            + ". The host says: " + said,
                    failure);
        }
        if (low.contains("unable to negotiate")) {
            return new LogStreamException(
                    "the host and the built-in SSH have no algorithm in common: " + said, failure);
        }
        return new IOException("no connection to " + hop + ": " + said, failure);
    }

    private IOException explained(IOException failure) {
        Exception why = explainedOrRefused(failure);
        if (why instanceof LogStreamException refused) {
            throw refused;
        }
        return (IOException) why;
    }

    /** Ends the session at once, without waiting. */
    @Override
    public void close() {
        credentials.close();
        client.close(true).addListener(closed -> threads.shutdown());
    }
}
