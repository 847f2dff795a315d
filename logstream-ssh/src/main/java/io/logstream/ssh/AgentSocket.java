package io.logstream.ssh;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.sshd.agent.SshAgentConstants;
import org.apache.sshd.agent.common.AbstractAgentProxy;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * A connection to an ssh-agent over its Unix domain socket (draft-miller-ssh-agent), which may use some of its keys only.
 * Questions are asked one at a time.
 */
final class AgentSocket extends AbstractAgentProxy {
    private static final int MOST = 256 * 1024;

    private final SocketChannel channel;
    private final Predicate<PublicKey> allowed;

    AgentSocket(Path socket, Predicate<PublicKey> allowed) throws IOException {
        super(null);
        this.channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        this.allowed = allowed;
    }

    /** The keys that may be used; those of kinds that are not known here are left out. */
    @Override
    public synchronized Iterable<Map.Entry<PublicKey, String>> getIdentities() throws IOException {
        Buffer answer = request(prepare(createBuffer(SshAgentConstants.SSH2_AGENTC_REQUEST_IDENTITIES, 1)));
        if (answer.getUByte() != SshAgentConstants.SSH2_AGENT_IDENTITIES_ANSWER) {
            throw new SshException("the agent does not tell its keys");
        }
        int count = answer.getInt();
        List<Map.Entry<PublicKey, String>> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] blob = answer.getBytes();
            String comment = answer.getString();
            try {
                PublicKey key = new ByteArrayBuffer(blob).getRawPublicKey();
                if (key != null && allowed.test(key)) {
                    keys.add(Map.entry(key, comment));
                }
            } catch (SshException | RuntimeException e) {
                log.debug("a key of the agent is of no known kind", e);
            }
        }
        return keys;
    }

    @Override
    protected synchronized Buffer request(Buffer question) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(question.array(), question.rpos(), question.available());
        while (out.hasRemaining()) {
            channel.write(out);
        }
        ByteBuffer length = filled(ByteBuffer.allocate(4)).flip();
        int size = length.getInt();
        if (size < 1 || size > MOST) {
            throw new SshException("the agent answers with " + Integer.toUnsignedString(size) + " bytes");
        }
        return new ByteArrayBuffer(filled(ByteBuffer.allocate(size)).array());
    }

    private ByteBuffer filled(ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new SshException("the agent has ended the connection");
            }
        }
        return buffer;
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            log.debug("on closing", e);
        }
    }
}
