package io.logstream.docker;

/**
 * What a daemon speaks.
 *
 * @param version the newest version of the API that it knows
 * @param podman whether it is podman, whose times have no fractions of a second
 */
record Dialect(String version, boolean podman) {
    /** What may be asked without a version. */
    static final String PING = "/_ping";

    /** Understands the answer to {@link #PING}. */
    static Dialect of(Answer ping) {
        String version = ping.header("api-version");
        return new Dialect(
                version.matches("[0-9]+\\.[0-9]+") ? version : "1.41",
                !ping.header("libpod-api-version").isEmpty());
    }

    /** A path in this version of the API. */
    String path(String path) {
        return "/v" + version + path;
    }
}
