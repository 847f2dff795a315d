package io.logstream.docker;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * Finds the daemon as the docker command does: DOCKER_HOST with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or else the docker
 * context that DOCKER_CONTEXT or the configuration names, or else the usual socket.
 */
final class DockerEnvironment {
    private static final String DEFAULT_HOST = "unix:///var/run/docker.sock";

    private final Map<String, String> variables;
    private final Path configuration;

    DockerEnvironment(Map<String, String> variables, Path home) {
        this.variables = variables;
        String own = variables.getOrDefault("DOCKER_CONFIG", "");
        configuration = own.isEmpty() ? home.resolve(".docker") : Path.of(own);
    }

    Endpoint endpoint() {
        String host = variables.getOrDefault("DOCKER_HOST", "");
        if (!host.isEmpty()) {
            String certificates = variables.getOrDefault("DOCKER_CERT_PATH", "");
            boolean tls = !variables.getOrDefault("DOCKER_TLS_VERIFY", "").isEmpty()
                    || !variables.getOrDefault("DOCKER_TLS", "").isEmpty();
            return tls
                    ? Endpoint.parse(host, certificates.isEmpty() ? configuration : Path.of(certificates))
                    : Endpoint.parse(host);
        }
        String context = variables.getOrDefault("DOCKER_CONTEXT", "");
        if (context.isEmpty()) {
            context = currentContext();
        }
        return context.isEmpty() || context.equals("default") ? Endpoint.parse(DEFAULT_HOST) : context(context);
    }

    private String currentContext() {
        Path file = configuration.resolve("config.json");
        return Files.isRegularFile(file) ? read(file).getOrDefault("currentContext", "") : "";
    }

    private Endpoint context(String name) {
        String directory = hash(name);
        Path file = configuration.resolve("contexts/meta").resolve(directory).resolve("meta.json");
        if (!Files.isRegularFile(file)) {
            throw new LogStreamException(
                    "there is no docker context '" + Text.shown(name) + "'; 'docker context ls' shows those there are");
        }
        String host = read(file).getOrDefault("Endpoints.docker.Host", "");
        Path tls = configuration.resolve("contexts/tls").resolve(directory).resolve("docker");
        return Files.isDirectory(tls) ? Endpoint.parse(host, tls) : Endpoint.parse(host);
    }

    private static Map<String, String> read(Path file) {
        try {
            return Json.leaves(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new LogStreamException(file + " can't be read: " + e.getMessage(), e);
        }
    }

    private static String hash(String name) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
