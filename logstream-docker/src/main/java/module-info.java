/**
 * The logs of containers: {@link io.logstream.docker.DockerSource} follows one, {@link
 * io.logstream.docker.DockerContainers} those with a label, name or image.
 */
module io.logstream.docker {
    requires transitive io.logstream;
    requires com.fasterxml.jackson.core;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports io.logstream.docker;
}
