/**
 * The output of SLURM jobs: {@link io.logstream.slurm.SlurmJobSource} follows one job, {@link
 * io.logstream.slurm.SlurmJobArray} all tasks of an array.
 */
module io.logstream.slurm {
    requires transitive io.logstream;
    requires com.fasterxml.jackson.core;
    requires org.slf4j;
    requires transitive java.net.http;
    requires static transitive io.logstream.ssh;
    requires static transitive org.jspecify;

    exports io.logstream.slurm;
}
