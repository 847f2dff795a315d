package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoginTest {
    private final List<Duration> given = new ArrayList<>();
    private Duration left = Duration.ofSeconds(20);

    private static InetAddress[] addresses(int count) throws Exception {
        InetAddress[] addresses = new InetAddress[count];
        for (int i = 0; i < count; i++) {
            addresses[i] = InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) i});
        }
        return addresses;
    }

    /** Takes all the time it is given, and fails, unless it is the last byte of the address that answers. */
    private String connect(InetAddress address, Duration most, int answers) throws IOException {
        given.add(most);
        if (address.getAddress()[3] == answers) {
            return address.getHostAddress();
        }
        left = left.minus(most);
        throw new IOException("no answer from " + address.getHostAddress());
    }

    @Test
    void laterAddress_isTried_whenTheFirstOnesDoNotAnswer() throws Exception {
        String reached = Login.firstOf(addresses(4), () -> left, (address, most) -> connect(address, most, 3), "host");
        assertThat(reached).isEqualTo("10.0.0.3");
        assertThat(given).containsOnly(Duration.ofSeconds(5)).hasSize(4);
    }

    @Test
    void timeThatAnAddressLeaves_isForTheOthers() throws Exception {
        Login.firstOf(
                addresses(2),
                () -> left,
                (address, most) -> {
                    given.add(most);
                    if (given.size() == 1) {
                        throw new IOException("refused at once");
                    }
                    return address;
                },
                "host");
        assertThat(given).containsExactly(Duration.ofSeconds(10), Duration.ofSeconds(20));
    }

    @Test
    void firstFailureIsTold_whenNoneAnswers() throws Exception {
        InetAddress[] two = addresses(2);
        assertThatThrownBy(() -> Login.firstOf(two, () -> left, (address, most) -> connect(address, most, 9), "host"))
                .hasMessage("no answer from 10.0.0.0")
                .satisfies(failure -> assertThat(failure.getSuppressed()).hasSize(1));
        assertThatThrownBy(() -> Login.firstOf(
                        two,
                        () -> left,
                        (address, most) -> {
                            throw new InterruptedIOException("stop");
                        },
                        "host"))
                .isInstanceOf(InterruptedIOException.class);
        assertThatThrownBy(() -> Login.firstOf(new InetAddress[0], () -> left, (a, m) -> a, "host"))
                .hasMessage("no address of host");
    }
}
