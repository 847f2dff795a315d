/**
 * Files on other machines, over SSH: {@link io.logstream.ssh.SshFileSource} follows one.
 */
@SuppressWarnings("requires-automatic")
module io.logstream.ssh {
    requires transitive io.logstream;
    requires org.apache.sshd.osgi;
    requires org.bouncycastle.provider;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports io.logstream.ssh;
}
