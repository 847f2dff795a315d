package io.logstream.docker;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** Where a daemon is, and how it is reached. */
sealed interface Endpoint {
    int PLAIN_PORT = 2375;
    int TLS_PORT = 2376;

    /** Begins to connect. May wait for the name of a host to be looked up, and for nothing else. */
    Connection connect(IoThread io, Runnable ready) throws IOException;

    /** Its address, without secrets. */
    String host();

    /** What a message can say of it. */
    String advice();

    /**
     * A socket of this host.
     *
     * @param path where it is
     */
    record Unix(String path) implements Endpoint {
        @Override
        public Connection connect(IoThread io, Runnable ready) throws IOException {
            return new SocketConnection(UnixDomainSocketAddress.of(path), io, ready);
        }

        @Override
        public String host() {
            return "unix://" + path;
        }

        @Override
        public String advice() {
            return "is it running? DOCKER_HOST or a docker context says where else to look";
        }
    }

    /**
     * A port of some host, without any protection.
     *
     * @param name the host's name or address
     * @param port the port
     */
    record Tcp(String name, int port) implements Endpoint {
        @Override
        public Connection connect(IoThread io, Runnable ready) throws IOException {
            return new SocketConnection(new InetSocketAddress(InetAddress.getByName(name), port), io, ready);
        }

        @Override
        public String host() {
            return "tcp://" + (name.contains(":") ? "[" + name + "]" : name) + ":" + port;
        }

        @Override
        public String advice() {
            return "is it running there, and does it listen on this port?";
        }
    }

    /**
     * A port of some host, with TLS on both sides.
     *
     * @param tcp where it is
     * @param certificates whom to trust, and who this is
     */
    record Tls(Tcp tcp, SSLContext certificates) implements Endpoint {
        @Override
        public Connection connect(IoThread io, Runnable ready) throws IOException {
            SSLEngine engine = certificates.createSSLEngine(tcp.name(), tcp.port());
            engine.setUseClientMode(true);
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            engine.setSSLParameters(parameters);
            InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(tcp.name()), tcp.port());
            return new TlsConnection(new SocketConnection(address, io, ready), engine, host());
        }

        @Override
        public String host() {
            return tcp.host();
        }

        @Override
        public String advice() {
            return tcp.advice();
        }
    }

    /**
     * The docker command of some host, by ssh: it connects its input and output to the daemon.
     *
     * @param host the address
     * @param command the command
     */
    record Ssh(String host, List<String> command) implements Endpoint {
        @Override
        public Connection connect(IoThread io, Runnable ready) throws IOException {
            return new CommandConnection(command, io.threads(), io, ready);
        }

        @Override
        public String advice() {
            return "does '" + String.join(" ", command.subList(0, command.size() - 3)) + "' work without a password?";
        }
    }

    /**
     * Understands what DOCKER_HOST may say.
     *
     * @throws LogStreamException if it is not understood
     */
    static Endpoint parse(String host) {
        try {
            if (host.toLowerCase(Locale.ROOT).startsWith("unix://")) {
                String path = host.substring("unix://".length());
                if (!path.startsWith("/")) {
                    throw wrong(host, "a unix socket is named by an absolute path, as in unix:///var/run/docker.sock");
                }
                UnixDomainSocketAddress.of(path);
                return new Unix(path);
            }
            URI uri = new URI(host);
            return switch (String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT)) {
                case "tcp", "http" -> tcp(host, uri, PLAIN_PORT);
                case "ssh" -> ssh(host, uri);
                default -> throw wrong(host, "known are unix://PATH, tcp://HOST:PORT and ssh://USER@HOST");
            };
        } catch (URISyntaxException e) {
            throw wrong(host, e.getReason()); // the message would repeat the address, with its secrets
        } catch (InvalidPathException e) {
            throw wrong(host, e.getReason());
        }
    }

    /**
     * Understands an address whose daemon is spoken to with TLS, if it is at a port.
     *
     * @param certificates where {@code ca.pem}, {@code cert.pem} and {@code key.pem} are
     */
    static Endpoint parse(String host, Path certificates) {
        if (!host.toLowerCase(Locale.ROOT).matches("(tcp|http|https):.*")) {
            return parse(host);
        }
        try {
            return new Tls(tcp(host, new URI(host), TLS_PORT), Certificates.read(certificates));
        } catch (URISyntaxException e) {
            throw wrong(host, e.getReason());
        }
    }

    private static Tcp tcp(String given, URI uri, int port) {
        String name = uri.getHost();
        if (name == null) {
            throw wrong(given, "it names no host");
        }
        return new Tcp(name.replaceAll("^\\[|]$", ""), uri.getPort() < 0 ? port : uri.getPort());
    }

    private static Ssh ssh(String given, URI uri) {
        String name = uri.getHost();
        String user = uri.getUserInfo();
        if (name == null || name.startsWith("-") || user != null && (user.contains(":") || user.startsWith("-"))) {
            throw wrong(given, "it must be ssh://HOST or ssh://USER@HOST, and a password can't be given");
        }
        if (uri.getPath() != null && !uri.getPath().replace("/", "").isEmpty()) {
            throw wrong(given, "a path is not understood here");
        }
        List<String> command = new ArrayList<>(List.of("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30"));
        if (uri.getPort() >= 0) {
            command.addAll(List.of("-p", String.valueOf(uri.getPort())));
        }
        command.addAll(List.of("--", user == null ? name : user + "@" + name, "docker", "system", "dial-stdio"));
        return new Ssh(given, List.copyOf(command));
    }

    private static LogStreamException wrong(String host, String why) {
        String masked = host.replaceAll("//([^:/@]*):.*@", "//$1:***@");
        return new LogStreamException("no Docker daemon can be reached at '" + Text.shown(masked) + "': " + why);
    }
}
