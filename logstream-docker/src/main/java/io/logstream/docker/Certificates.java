package io.logstream.docker;

import io.logstream.LogStreamException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** The files {@code ca.pem}, {@code cert.pem} and {@code key.pem} of a directory, as docker has them, made ready for TLS. */
final class Certificates {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ((?:RSA )?)PRIVATE KEY-----([^-]*)-----END (?:RSA )?PRIVATE KEY-----");
    private static final byte[] RSA = {
        0x30, 0x0d, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
    };
    private static final char[] NO_PASSWORD = {};

    private Certificates() {}

    /**
     * What is in a directory; what is not there is left to the JVM.
     *
     * @throws LogStreamException if it can't be read
     */
    static SSLContext read(Path directory) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            TrustManagerFactory trust = null;
            KeyManagerFactory keys = null;
            byte[] ca = bytes(directory.resolve("ca.pem"));
            if (ca != null) {
                trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                trust.init(trusted(ca));
            }
            byte[] chain = bytes(directory.resolve("cert.pem"));
            byte[] key = bytes(directory.resolve("key.pem"));
            if (chain != null && key != null) {
                keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                keys.init(own(chain, key, directory.resolve("key.pem")), NO_PASSWORD);
            }
            context.init(
                    keys == null ? null : keys.getKeyManagers(), trust == null ? null : trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new LogStreamException("the certificates in " + directory + " can't be used: " + e.getMessage(), e);
        }
    }

    private static byte @Nullable [] bytes(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static List<Certificate> certificates(byte[] pem) throws GeneralSecurityException {
        return List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem)));
    }

    private static KeyStore trusted(byte[] pem) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (Certificate certificate : certificates(pem)) {
            store.setCertificateEntry("ca" + store.size(), certificate);
        }
        return store;
    }

    private static KeyStore own(byte[] chain, byte[] key, Path file) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "own", key(key, file), NO_PASSWORD, certificates(chain).toArray(Certificate[]::new));
        return store;
    }

    private static PrivateKey key(byte[] pem, Path file) throws GeneralSecurityException {
        Matcher matcher = KEY.matcher(new String(pem, StandardCharsets.US_ASCII));
        if (!matcher.find()) {
            throw new GeneralSecurityException(file + " holds no key in a form that is known here;"
                    + " 'openssl pkcs8 -topk8 -nocrypt' makes one");
        }
        byte[] der = Base64.getMimeDecoder().decode(matcher.group(2));
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(matcher.group(1).isEmpty() ? der : wrapped(der));
        try {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        } catch (InvalidKeySpecException e) {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        }
    }

    /** PKCS #1, as older tools write it, within PKCS #8, as the JVM wants it. */
    private static byte[] wrapped(byte[] key) {
        ByteArrayOutputStream inner = new ByteArrayOutputStream();
        inner.writeBytes(new byte[] {2, 1, 0});
        inner.writeBytes(RSA);
        inner.writeBytes(element(4, key));
        return element(0x30, inner.toByteArray());
    }

    private static byte[] element(int tag, byte[] content) {
        return ByteBuffer.allocate(4 + content.length)
                .put((byte) tag)
                .put((byte) 0x82) // two bytes of length: no key is shorter than 256 bytes
                .putShort((short) content.length)
                .put(content)
                .array();
    }
}
