package io.logstream.docker;

import io.logstream.LogStreamException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.InvalidPathException;
import java.util.Locale;

/** Where a daemon is, and how it is reached. */
sealed interface Endpoint {
    int PLAIN_PORT = 2375;

    /** Begins to connect. May wait for the name of a host to be looked up, and for nothing else. */
    Connection connect(IoThread io, Runnable ready) throws IOException;

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
        public String advice() {
            return "is it running? DOCKER_HOST or a docker context says where else to look";
        }
    }

    /**
     * A port of some host, without any protection.
     *
     * @param host its name or address
     * @param port the port
     */
    record Tcp(String host, int port) implements Endpoint {
        @Override
        public Connection connect(IoThread io, Runnable ready) throws IOException {
            return new SocketConnection(new InetSocketAddress(InetAddress.getByName(host), port), io, ready);
        }

        @Override
        public String advice() {
            return "is it running there, and does it listen on this port?";
        }
    }

    /**
     * Understands what DOCKER_HOST may say.
     *
     * @throws LogStreamException if it is not understood
     */
    static Endpoint parse(String host) {
        try {
            if (host.startsWith("unix://")) {
                String path = host.substring("unix://".length());
                if (!path.startsWith("/")) {
                    throw wrong(host, "a unix socket is named by an absolute path, as in unix:///var/run/docker.sock");
                }
                UnixDomainSocketAddress.of(path);
                return new Unix(path);
            }
            URI uri = new URI(host);
            String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
            if (scheme.equals("tcp") || scheme.equals("http")) {
                if (uri.getHost() == null) {
                    throw wrong(host, "it names no host");
                }
                return new Tcp(uri.getHost(), uri.getPort() < 0 ? PLAIN_PORT : uri.getPort());
            }
        } catch (URISyntaxException | InvalidPathException e) {
            throw wrong(host, String.valueOf(e.getMessage()));
        }
        throw wrong(host, "known are unix://PATH and tcp://HOST:PORT");
    }

    private static LogStreamException wrong(String host, String why) {
        return new LogStreamException("no Docker daemon can be reached at '" + Text.shown(host) + "': " + why);
    }
}
