/**
 * The output of SLURM jobs: {@link io.logstream.slurm.SlurmJobSource} follows one job through its life, {@link
 * io.logstream.slurm.SlurmJobArray} finds the tasks of an array; {@link io.logstream.slurm.SlurmCluster} is whom they ask.
 */
@NullMarked
package io.logstream.slurm;

import org.jspecify.annotations.NullMarked;
