package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands over a link whose host does what a test wants. */
@Timeout(60)
class CommandsTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    /** Runs each command until its channel is closed, or the test ends it. */
    private static class Host implements Link {
        final List<Exec.Sink> begun = new ArrayList<>();
        boolean closed;

        OutputStream input() {
            return OutputStream.nullOutputStream();
        }

        void closed(Exec.Sink sink) {
            sink.ended(-1, new IOException("closed"));
        }

        @Override
        public Exec exec(String line, Exec.Sink sink) {
            begun.add(sink);
            OutputStream input = input();
            return new Exec() {
                @Override
                public OutputStream in() {
                    return input;
                }

                @Override
                public void close() {
                    closed(sink);
                }
            };
        }

        @Override
        public InputStream in() {
            return new ByteArrayInputStream(new byte[0]);
        }

        @Override
        public OutputStream out() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public Exception whyEnded(boolean begun, IOException cause) {
            return cause;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    /** Says how a command ended. */
    private static class Ending implements Exec.Sink {
        final CompletableFuture<Integer> status = new CompletableFuture<>();

        @Override
        public void out(byte[] bytes, int offset, int length) {}

        @Override
        public void errors(byte[] bytes, int offset, int length) {}

        @Override
        public void ended(int code, @Nullable Exception lost) {
            if (lost == null) {
                status.complete(code);
            } else {
                status.completeExceptionally(lost);
            }
        }
    }

    @Test
    void commandThatWaits_doesNotBegin_onceTheConnectionIsClosed() {
        Host host = new Host();
        Commands commands = new Commands(host, Runnable::run);
        for (int i = 0; i < Commands.MOST; i++) {
            commands.start("runs", new byte[0], false, new Ending());
        }
        commands.start("waits", new byte[0], false, new Ending() {
            @Override
            public void ended(int code, @Nullable Exception lost) {
                host.begun.get(0).ended(0, null); // one ends by itself meanwhile
            }
        });
        Ending last = new Ending();
        commands.start("waits as well", new byte[0], false, last);
        commands.close();
        assertThat(host.begun).hasSize(Commands.MOST);
        assertThatThrownBy(last.status::get).hasMessageContaining("before it began");
    }

    @Test
    void commandFails_whenItDoesNotTakeItsInput_butNotIfItReadsNoMore() throws Exception {
        IOException[] thrown = {new SocketTimeoutException("no room")};
        Host host = new Host() {
            @Override
            OutputStream input() {
                return new OutputStream() {
                    @Override
                    public void write(int one) throws IOException {
                        throw thrown[0];
                    }
                };
            }
        };
        Commands commands = new Commands(host, Runnable::run);
        Ending slow = new Ending();
        commands.start("slow", new byte[9], false, slow);
        assertThatThrownBy(slow.status::get).hasMessageContaining("did not read all of its input");
        thrown[0] = new IOException("it has closed its input");
        Ending content = new Ending();
        commands.start("content", new byte[9], false, content);
        assertThat(content.status).isNotDone();
        host.begun.get(1).ended(3, null);
        assertThat(content.status.get()).isEqualTo(3);
    }

    @Test
    void connectionIsClosed_andAllAreTold_whenACommandCannotBeEnded() {
        CompletableFuture<Attributes> answer = new CompletableFuture<>();
        List<Exec.Sink> ended = new ArrayList<>();
        Host host = new Host() {
            @Override
            public InputStream in() {
                return new InputStream() {
                    @Override
                    public int read() throws IOException {
                        answer.handle((any, failure) -> failure).join();
                        throw new IOException("over");
                    }
                };
            }

            @Override
            void closed(Exec.Sink sink) {
                assertThat(closed).as("the connection is closed first").isTrue();
                ended.add(sink);
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
        Sftp sftp = new Sftp(host, "here", Runnable::run);
        sftp.commands().start("first", new byte[0], false, new Ending());
        sftp.commands().start("second", new byte[0], false, new Ending());
        CompletableFuture<?> unused =
                sftp.stat("/").whenComplete((any, failure) -> answer.completeExceptionally(failure));
        sftp.close();
        assertThat(host.closed).isTrue();
        assertThat(ended).hasSize(2);
        assertThat(answer).isCompletedExceptionally();
    }

    @Test
    void endIsToldLater_whenThereIsNoThreadForIt() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        Command command = new Command("it", LONG, 100, task -> {
            if (attempts.getAndIncrement() == 0) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            task.run();
        });
        command.ended(7, null);
        assertThat(command.result().get(30, TimeUnit.SECONDS).status()).isEqualTo(7);
    }

    /** A connection that is made, and finds no thread the next time but so many. */
    private static SshConnection connection(MemoryHost host, AtomicInteger threadsLeft) throws Exception {
        SshConnection made = new SshConnection("memory", host, SshConnection.builder("memory"), task -> {
            if (threadsLeft.getAndDecrement() == 0) {
                throw new RejectedExecutionException("all threads are taken");
            }
            SshConnection.startThread(task);
        });
        assertThat(made.sftp().isOpen()).isTrue();
        return made;
    }

    @Test
    void whatExists_isToldLater_whenThereIsNoThreadForIt() throws Exception {
        MemoryHost host = new MemoryHost(System::nanoTime);
        host.write("/log", "one\n");
        AtomicInteger threadsLeft = new AtomicInteger(100);
        try (SshConnection connection = connection(host, threadsLeft)) {
            threadsLeft.set(1); // that which asks
            assertThat(connection.exists("/log").get(30, TimeUnit.SECONDS)).isTrue();
            assertThat(threadsLeft).hasNegativeValue();
        }
    }

    @Test
    void whatExists_isNotKnown_whenThereIsNoThreadToAsk() throws Exception {
        AtomicInteger threadsLeft = new AtomicInteger(100);
        try (SshConnection connection = connection(new MemoryHost(System::nanoTime), threadsLeft)) {
            threadsLeft.set(0);
            CompletableFuture<Boolean> there = connection.exists("/log");
            assertThatThrownBy(() -> there.get(30, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(IOException.class)
                    .hasMessageContaining("no thread");
        }
    }

    @Test
    void commandFails_whenItPrintsMoreThanItMay() throws Exception {
        Command command = new Command("it", LONG, 100, Runnable::run);
        command.out(new byte[60], 0, 60);
        command.out(new byte[40], 0, 40);
        assertThat(command.result()).isNotDone();
        command.out(new byte[1], 0, 1);
        assertThatThrownBy(() -> command.result().get()).hasMessageContaining("it prints more than 100 bytes");
    }
}
