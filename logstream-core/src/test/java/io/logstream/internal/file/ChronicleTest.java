package io.logstream.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.internal.file.Chronicle.Entry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is found between two files, by names and times alone. */
class ChronicleTest {
    private final List<Entry> entries = new ArrayList<>();
    private int inode;

    private FileStat file(String suffix, long birth, long modified) {
        inode++;
        FileStat stat = new FileStat(FileStat.Kind.FILE, 1, inode, birth, 10, modified);
        String name = "app.log" + suffix;
        entries.add(new Entry(Path.of(name), stat, Stamp.of("app.log", name)));
        return stat;
    }

    private List<String> between(FileStat older, FileStat newer, boolean steady) {
        return new Chronicle(entries, steady)
                .between(older, newer).stream()
                        .map(entry -> entry.path().toString())
                        .toList();
    }

    @Test
    void filesBetween_areInOrderOfCounters_downToTheNewest() {
        FileStat older = file(".3", 1, 2);
        file(".1", 5, 6);
        file(".2", 3, 4);
        FileStat log = file("", 7, 8);
        assertThat(between(older, log, true)).containsExactly("app.log.2", "app.log.1");
    }

    @Test
    void filesBetween_areInOrderOfCounters_whenCountersGrow() {
        FileStat older = file(".1", 1, 2);
        file(".3", 5, 6);
        file(".2", 3, 4);
        FileStat log = file("", 7, 8);
        assertThat(between(older, log, true)).containsExactly("app.log.2", "app.log.3");
    }

    @Test
    void filesOlderThanTheOldOne_areNotBetween() {
        FileStat older = file(".1", 3, 4);
        file(".2", 1, 2);
        FileStat log = file("", 5, 6);
        assertThat(between(older, log, true)).isEmpty();
    }

    @Test
    void filesBehindTheNewOne_areNotBetween_asRotationWentOn() {
        FileStat older = file(".3", 1, 2);
        FileStat newer = file(".2", 3, 4);
        file(".1", 5, 6);
        file("", 7, 8);
        assertThat(between(older, newer, true)).isEmpty();
    }

    @Test
    void birthsDecide_whereNamesChangedMeanwhile() {
        FileStat older = file(".3", 1, 2);
        file(".1", 3, 4);
        file(".2", 5, 6);
        FileStat log = file("", 7, 8);
        assertThat(between(older, log, false)).containsExactly("app.log.1", "app.log.2");
    }

    @Test
    void filesWithoutAStamp_areNotBetween() {
        FileStat older = file(".2", 1, 2);
        file(".tmp", 3, 4);
        file(".1", 3, 4);
        FileStat log = file("", 7, 8);
        assertThat(between(older, log, true)).containsExactly("app.log.1");
    }

    @Test
    void hole_isSeen_whereACounterIsMissing() {
        FileStat older = file(".4", 1, 2);
        FileStat three = file(".3", 3, 4);
        FileStat one = file(".1", 5, 6);
        FileStat log = file("", 7, 8);
        Chronicle chronicle = new Chronicle(entries, true);
        assertThat(chronicle.hasHoleBefore(three, older)).isFalse();
        assertThat(chronicle.hasHoleBefore(one, older)).isTrue();
        assertThat(chronicle.hasHoleBefore(log, older)).isFalse();
    }

    @Test
    void hole_isNotLookedFor_whereNamesChangedMeanwhile() {
        FileStat older = file(".3", 1, 2);
        FileStat one = file(".1", 5, 6);
        assertThat(new Chronicle(entries, false).hasHoleBefore(one, older)).isFalse();
    }

    @Test
    void fileOfTheSameNumber_isNotTheSame_withAnotherBirth() {
        FileStat older = file(".1", 3, 4);
        FileStat another = new FileStat(FileStat.Kind.FILE, 1, older.inode(), 9, 10, 9);
        Chronicle chronicle = new Chronicle(entries, true);
        assertThat(chronicle.find(older)).isNotNull();
        assertThat(chronicle.find(another)).isNull();
    }
}
