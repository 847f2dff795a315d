/**
 * Files on other machines: {@link io.logstream.ssh.SshFileSource} follows one over an {@link
 * io.logstream.ssh.SshConnection}, which many sources share.
 */
@NullMarked
package io.logstream.ssh;

import org.jspecify.annotations.NullMarked;
