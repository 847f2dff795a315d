package io.logstream.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.logstream.LogFeed;
import io.logstream.LogHub;
import io.logstream.ResumeToken;
import io.logstream.Subscription;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumeFileTest {
    @TempDir
    Path folder;

    private Path path;
    private ResumeToken token;
    private ResumeToken other;

    @BeforeEach
    void makeTokens() throws InterruptedException {
        path = folder.resolve("resume");
        try (LogHub hub = LogHub.create()) {
            token = token(hub, "a");
            other = token(hub, "b");
        }
    }

    private static ResumeToken token(LogHub hub, String stream) throws InterruptedException {
        LogFeed feed = hub.feed(stream);
        Subscription subscription = feed.broadcaster().subscribe(lines -> {});
        feed.line("hello");
        feed.close();
        assertThat(subscription.awaitEnd(Duration.ofSeconds(10))).isTrue();
        return subscription.tokens().get(stream);
    }

    @Test
    void open_fileThatIsNotThere_hasNoTokens() {
        assertThat(ResumeFile.open(path).tokens(List.of("a")::contains)).isEmpty();
        assertThat(path).doesNotExist();
    }

    @Test
    void save_throughALink_replacesWhatItLeadsTo() throws IOException {
        ResumeFile.open(path).save(Map.of("a", token));
        Path link = Files.createSymbolicLink(folder.resolve("link"), path);
        ResumeFile.open(link).save(Map.of("b", other));
        assertThat(link).isSymbolicLink();
        assertThat(ResumeFile.open(path).tokens(List.of("a", "b")::contains)).isEqualTo(Map.of("a", token, "b", other));
    }

    @Test
    void save_anyNames_areReadBack() throws IOException {
        Map<String, ResumeToken> tokens =
                Map.of("a", token, "two words", other, "line\nfeed \\n \\ \r", token, "/påth/日本.log", other);
        ResumeFile.open(path).save(tokens);
        assertThat(ResumeFile.open(path).tokens(List.copyOf(tokens.keySet())::contains))
                .isEqualTo(tokens);
        assertThat(ResumeFile.open(path).tokens(List.of("a", "c")::contains)).isEqualTo(Map.of("a", token));
    }

    @Test
    void save_someStreams_keepsTheOthers() throws IOException {
        ResumeFile.open(path).save(Map.of("a", token));
        ResumeFile.open(path).save(Map.of("b", other));
        assertThat(ResumeFile.open(path).tokens(List.of("a", "b")::contains)).isEqualTo(Map.of("a", token, "b", other));
        assertThat(folder).isDirectoryContaining(file -> file.equals(path)).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void open_damagedAnywhere_isOneClearError() throws IOException {
        ResumeFile.open(path).save(Map.of("a", token, "b", other));
        byte[] good = Files.readAllBytes(path);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            damaged(bad);
            damaged(Arrays.copyOf(good, i));
        }
        damaged("hello\n".getBytes(StandardCharsets.UTF_8));
    }

    private void damaged(byte[] bytes) throws IOException {
        Files.write(path, bytes);
        assertThatExceptionOfType(UserError.class)
                .isThrownBy(() -> ResumeFile.open(path))
                .withMessageStartingWith("the resume file " + path + " is damaged: ");
    }

    @Test
    void open_whatIsNoFile_saysWhy() {
        assertThatExceptionOfType(UserError.class)
                .isThrownBy(() -> ResumeFile.open(folder))
                .withMessageContaining("can't be read");
        assertThatExceptionOfType(UserError.class)
                .isThrownBy(() -> ResumeFile.open(folder.resolve("no/resume")))
                .withMessageContaining("there is no directory");
    }
}
