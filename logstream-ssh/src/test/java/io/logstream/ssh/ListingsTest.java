package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.logstream.testkit.CollectingViewer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ListingsTest {
    private final Listings listings = new Listings();
    private final AtomicInteger listed = new AtomicInteger();
    private final CountDownLatch go = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();

    private CompletableFuture<List<Sftp.Name>> ask(Listings.Lister lister) {
        CompletableFuture<List<Sftp.Name>> names = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                names.complete(listings.list("/log", lister));
            } catch (IOException | InterruptedException | RuntimeException e) {
                names.completeExceptionally(e);
            }
        });
        threads.add(thread);
        thread.start();
        return names;
    }

    private List<Sftp.Name> slow() throws InterruptedException {
        int number = listed.incrementAndGet();
        go.await();
        return List.of(new Sftp.Name("listing " + number, new Attributes(0, 0, 0, 0)));
    }

    private void untilAllWait() {
        CollectingViewer.until(
                "all wait", () -> threads.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING));
    }

    @Test
    void manyShareTheNextListing_andNobodyGetsOneThatHadBegun() throws Exception {
        CompletableFuture<List<Sftp.Name>> first = ask(this::slow);
        CollectingViewer.until("one is listed", () -> listed.get() == 1);
        List<CompletableFuture<List<Sftp.Name>>> others = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            others.add(ask(this::slow));
        }
        untilAllWait();
        go.countDown();
        assertThat(first.get().get(0).name()).isEqualTo("listing 1");
        for (CompletableFuture<List<Sftp.Name>> other : others) {
            assertThat(other.get().get(0).name()).isEqualTo("listing 2");
        }
        assertThat(listed).hasValue(2);
        assertThat(listings.list("/log", this::slow).get(0).name()).isEqualTo("listing 3");
    }

    @Test
    void failureIsToldToAll_andTheNextOneListsAgain() throws Exception {
        CompletableFuture<List<Sftp.Name>> first = ask(() -> {
            listed.incrementAndGet();
            go.await();
            throw new IOException("lost");
        });
        CollectingViewer.until("one is listed", () -> listed.get() == 1);
        CompletableFuture<List<Sftp.Name>> second = ask(this::slow);
        untilAllWait();
        go.countDown();
        assertThatThrownBy(first::get).isInstanceOf(ExecutionException.class).hasMessageContaining("lost");
        assertThat(second.get()).hasSize(1);
    }

    @Test
    void othersListIt_whenTheOneWhoWasToDoItIsInterrupted() throws Exception {
        CompletableFuture<List<Sftp.Name>> first = ask(this::slow);
        CollectingViewer.until("one is listed", () -> listed.get() == 1);
        CompletableFuture<List<Sftp.Name>> leader = ask(this::slow);
        untilAllWait();
        CompletableFuture<List<Sftp.Name>> other = ask(this::slow);
        untilAllWait();
        threads.get(1).interrupt();
        assertThatThrownBy(leader::get).hasCauseInstanceOf(InterruptedException.class);
        go.countDown();
        assertThat(first.get()).hasSize(1);
        assertThat(other.get()).hasSize(1);
    }
}
