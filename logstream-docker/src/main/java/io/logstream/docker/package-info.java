/**
 * Follows the logs of containers. Begin with {@link io.logstream.docker.DockerDaemon}.
 */
@NullMarked
package io.logstream.docker;

import org.jspecify.annotations.NullMarked;
