package io.logstream.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;
import org.apache.sshd.common.session.SessionContext;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys to log in to one host with: those of the agent, and those in files that the agent does not hold. A file is read, and
 * a passphrase asked for, only when the keys before it were refused. Used by one login.
 */
final class Credentials {
    private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);

    private final Hop hop;
    private final @Nullable Function<Path, char[]> passphrases;
    private final List<PublicKey> ofAgent = new ArrayList<>();
    private final List<PublicKey> named = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private final List<AgentSocket> agents = new ArrayList<>();
    private boolean isClosed;

    Credentials(Hop hop, @Nullable Function<Path, char[]> passphrases, Duration patience) {
        this.hop = hop;
        this.passphrases = passphrases;
        askAgent(patience);
        for (Path file : hop.identities()) {
            PublicKey half = publicHalf(file);
            if (half != null && has(ofAgent, half)) {
                named.add(half);
            } else if (Files.isReadable(file)) {
                files.add(file);
            } else if (hop.onlyThese() || Files.exists(file)) {
                note(file + " can't be read");
            }
        }
    }

    private void askAgent(Duration patience) {
        Path socket = hop.agent();
        if (socket == null) {
            return;
        }
        try (AgentSocket agent = new AgentSocket(socket, key -> true)) {
            Future<?> late = Watch.executor().schedule(agent::close, patience.toNanos(), TimeUnit.NANOSECONDS);
            for (Map.Entry<PublicKey, String> key : agent.getIdentities()) {
                ofAgent.add(key.getKey());
            }
            late.cancel(false);
        } catch (IOException e) {
            LOG.debug("the agent at {} can't be asked", socket, e);
            note("the agent at " + socket + " can't be asked");
        }
    }

    /** Whether the agent has keys that may be tried. */
    boolean usesAgent() {
        return hop.onlyThese() ? !named.isEmpty() : !ofAgent.isEmpty();
    }

    /** A connection to the agent, for as long as this is open at most. */
    synchronized AgentSocket agent() throws IOException {
        if (isClosed) {
            throw new IOException("the login is over");
        }
        AgentSocket made =
                new AgentSocket(Objects.requireNonNull(hop.agent()), key -> !hop.onlyThese() || has(named, key));
        agents.add(made);
        return made;
    }

    /** Ends what the agent is still asked, such as for somebody to agree. */
    synchronized void close() {
        isClosed = true;
        agents.forEach(AgentSocket::close);
    }

    private static boolean has(List<PublicKey> keys, PublicKey one) {
        return keys.stream().anyMatch(key -> KeyUtils.compareKeys(key, one));
    }

    /** What is beside a file with a private key, or in the file itself. */
    private static @Nullable PublicKey publicHalf(Path file) {
        for (Path each : List.of(Path.of(file + ".pub"), file)) {
            try (InputStream in = Files.newInputStream(each)) {
                String text = new String(in.readNBytes(16 * 1024), StandardCharsets.ISO_8859_1).trim();
                if (!text.startsWith("-----")) {
                    return PublicKeyEntry.parsePublicKeyEntry(text)
                            .resolvePublicKey(null, Map.of(), PublicKeyEntryResolver.IGNORING);
                }
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                LOG.trace("no public key in {}", each, e);
            }
        }
        return null;
    }

    /** The keys in files; each is read when it is its turn. */
    Iterable<KeyPair> pairs() {
        return () -> files.stream().flatMap(file -> load(file).stream()).iterator();
    }

    private List<KeyPair> load(Path file) {
        List<KeyPair> pairs = new ArrayList<>();
        try (InputStream in = Files.newInputStream(file)) {
            Iterable<KeyPair> found = SecurityUtils.loadKeyPairIdentities(
                    null, NamedResource.ofName(file.toString()), in, new Passphrases(file));
            if (found != null) {
                found.forEach(pairs::add);
            }
        } catch (LinkageError e) { // what reads this form is not there
            note(file + " has a form that is not understood: 'ssh-keygen -p -f' gives it OpenSSH's own");
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            LOG.debug("{} gives no key: {}", file, e.getClass().getSimpleName());
            note(file + " can't be used: "
                    + (e instanceof IOException
                            ? "it can't be read, or is no private key"
                            : "wrong passphrase, or damaged"));
        }
        return pairs;
    }

    private synchronized void note(String note) {
        if (!notes.contains(note)) {
            notes.add(note);
        }
    }

    /** What went wrong with keys, to be told when the login fails; empty if nothing. */
    synchronized String notes() {
        return notes.isEmpty() ? "" : " (" + String.join("; ", notes) + ")";
    }

    private final class Passphrases implements FilePasswordProvider {
        private final Path file;

        Passphrases(Path file) {
            this.file = file;
        }

        @Override
        public @Nullable String getPassword(SessionContext session, NamedResource resource, int attempt) {
            if (passphrases == null) {
                note(file + " has a passphrase: give it, or add the key to the agent");
                return null;
            }
            char[] given = passphrases.apply(file);
            try {
                return new String(given);
            } finally {
                Arrays.fill(given, '\0');
            }
        }

        @Override
        public ResourceDecodeResult handleDecodeAttemptResult(
                SessionContext session,
                NamedResource resource,
                int attempt,
                String password,
                @Nullable Exception failure) {
            if (failure != null) {
                note("the passphrase of " + file + " is wrong");
            }
            return ResourceDecodeResult.IGNORE;
        }
    }
}
