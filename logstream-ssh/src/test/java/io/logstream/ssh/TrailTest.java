package io.logstream.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.logstream.spi.Start;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What follows what, in simulated time, where things happen between two requests. */
@Timeout(60)
class TrailTest {
    private static final String LOG = FollowRig.LOG;
    private static final Duration SECOND = Duration.ofSeconds(1);

    private FollowRig rig = new FollowRig();

    @AfterEach
    void close() {
        rig.close();
    }

    private void rotate(int number) {
        rig.host.rename(LOG, LOG + "." + number);
    }

    private void copyAndCut(int number) {
        rig.host.copy(LOG, LOG + "." + number);
        rig.host.truncate(LOG);
    }

    /** Reads what is there and a moment more. */
    private void begin(String content) {
        rig.host.write(LOG, content);
        rig.follow(SECOND);
        assertThat(rig.text).hasToString(content);
    }

    private void assertTextAfter(Duration time, String expected) {
        rig.follow(time);
        assertThat(rig.text).hasToString(expected);
    }

    // ---- copied and cut

    @Test
    void contentOfAFileThatWaits_isReadFromItsCopy_whenItWasCutBeforeItWasRead() {
        MemoryHost.Node old = rig.host.write(LOG, "one\n");
        rig.follow(SECOND);
        rotate(1);
        rig.host.write(LOG, "two\n");
        rig.follow(Duration.ofMillis(300)); // the new one is found, the old one not yet quiet
        rig.host.write(old, "more\n");
        copyAndCut(2);
        rig.host.write(LOG, "three\n");
        assertTextAfter(SECOND, "one\nmore\n<ROTATED>two\n<TRUNCATED>three\n");
        rig.breakConnectionQuietly();
        rig.host.write(LOG, "four\n");
        assertTextAfter(SECOND, "one\nmore\n<ROTATED>two\n<TRUNCATED>three\nfour\n");
    }

    @Test
    void gapTells_whenAContentCameAndWent_betweenTwoCuts() {
        begin("one\n");
        copyAndCut(1);
        rig.host.write(LOG, "lost\n");
        copyAndCut(2);
        rig.host.write(LOG, "two\n");
        assertTextAfter(SECOND, "one\n<gap TRUNCATED><TRUNCATED>two\n");
    }

    @Test
    void gapTells_whenAContentCameAndWent_inAFileThatWasEmpty() {
        begin("one\n");
        copyAndCut(1);
        assertTextAfter(SECOND, "one\n<TRUNCATED>");
        rig.host.write(LOG, "lost\n");
        copyAndCut(2);
        rig.time.advance(SECOND);
        rig.host.write(LOG, "two\n");
        assertTextAfter(SECOND, "one\n<TRUNCATED><gap ROTATED>two\n");
    }

    @Test
    void gapTells_whenAContentCameAndWent_andTheFileIsStillEmpty() {
        begin("one\n");
        copyAndCut(1);
        assertTextAfter(SECOND, "one\n<TRUNCATED>");
        rig.host.write(LOG, "lost\n");
        rig.host.copy(LOG, LOG + ".2");
        rig.time.advance(Duration.ofSeconds(2)); // a big file takes its time
        rig.host.truncate(LOG);
        assertTextAfter(SECOND, "one\n<TRUNCATED><gap ROTATED>");
        rig.host.write(LOG, "two\n");
        assertTextAfter(SECOND, "one\n<TRUNCATED><gap ROTATED>two\n");
    }

    @Test
    void gapTells_whatWasWrittenBetweenTheCopyAndTheCut_ifItWasSeen() {
        begin("one\n");
        rig.host.copy(LOG, LOG + ".1");
        rig.host.before(type -> {
            if (type == MemoryHost.READ) {
                rig.host.truncate(LOG); // seen by a look, and gone before it is read
            }
        });
        rig.host.write(LOG, "lost\n");
        rig.until("TRUNCATED>");
        rig.host.before(type -> {});
        rig.host.write(LOG, "two\n");
        assertTextAfter(SECOND, "one\n<gap TRUNCATED><TRUNCATED>two\n");
    }

    @Test
    void cutIsFollowed_whenALookEndsWhileTheCopyIsSearched() {
        begin("one\n");
        rig.time.advance(SECOND);
        rig.host.write(LOG, "two\n");
        copyAndCut(1);
        rig.step(); // it is read, and looked at
        rotate(2);
        rig.host.write(LOG, "three\n");
        rig.time.advance(SECOND);
        rig.holdTasks(true);
        rig.step(); // it is found to be cut, while the next look is on its way
        rig.step();
        rig.holdTasks(false);
        assertTextAfter(Duration.ofSeconds(3), "one\ntwo\n<TRUNCATED><ROTATED>three\n");
    }

    @Test
    void logGoesOn_whenThereIsNoThreadForASearch() {
        begin("one\n");
        rotate(1);
        rig.host.write(LOG, "two\n");
        rig.refusesTask = true;
        assertTextAfter(SECOND, "one\n<ROTATED>two\n");
        assertThat(rig.refusesTask).isFalse();
    }

    // ---- came and went

    @Test
    void gapTells_whenTheFirstFileCameAndWent_betweenTwoLooks() {
        rig.host.write(LOG + ".1", "of another time\n");
        rig.follow(SECOND);
        assertThat(rig.text).hasToString("<WAITING>");
        rig.host.write(LOG, "lost\n");
        rotate(2);
        rig.host.write(LOG, "two\n");
        assertTextAfter(SECOND, "<WAITING><APPEARED><gap ROTATED>two\n");
    }

    @Test
    void noGap_whenTheFirstFileComes_andOthersAreOlder() {
        rig.host.write(LOG + ".1", "of another time\n");
        rig.follow(SECOND);
        rig.host.write(LOG, "one\n");
        assertTextAfter(SECOND, "<WAITING><APPEARED>one\n");
    }

    @Test
    void gapTells_whenNamesMoveOn_whileTheyAreLookedAt() {
        begin("one\n");
        rotate(1);
        rig.host.write(LOG, "lost\n");
        rig.host.rename(LOG + ".1", LOG + ".2");
        rotate(1);
        rig.host.write(LOG, "two\n");
        AtomicInteger listings = new AtomicInteger();
        rig.host.before(type -> {
            if (type == MemoryHost.READDIR && listings.incrementAndGet() == 2) { // the names are told
                for (int i = 3; i > 1; i--) {
                    rig.host.rename(LOG + "." + (i - 1), LOG + "." + i);
                }
                rotate(1);
                rig.host.write(LOG, "three\n");
            }
        });
        rig.until("three\n");
        assertThat(rig.text.toString()).containsSubsequence("one\n", "<gap ROTATED>", "two\n", "three\n");
    }

    @Test
    void gapIsToldAgain_whenTheConnectionIsLostBeforeItsPlace() {
        MemoryHost.Node old = rig.host.write(LOG, "one\n");
        rig.follow(SECOND);
        rotate(1);
        rig.host.write(LOG, "lost\n");
        rotate(2);
        rig.host.write(LOG, "two\n");
        rig.breakConnectionQuietly();
        rig.follow(Duration.ofMillis(100)); // the new one is found, the old one not yet quiet
        rig.time.advance(Duration.ofSeconds(2));
        rig.host.write(old, "more\n"); // now it is younger than what is lost
        rig.breakConnectionQuietly();
        rig.follow(Duration.ofMillis(100));
        rig.breakConnectionQuietly();
        assertTextAfter(Duration.ofSeconds(2), "one\nmore\n<gap ROTATED><ROTATED>two\n");
    }

    @Test
    void noGap_whenTheLogIsCopiedForABackup_andThenRotated() {
        String lines = "a line of some length\n".repeat(4);
        begin(lines);
        rig.host.copy(LOG, LOG + ".bak");
        rig.host.write(LOG, "two\n");
        rig.follow(SECOND);
        rotate(1);
        rig.host.write(LOG, "three\n");
        assertTextAfter(SECOND, lines + "two\n<ROTATED>three\n");
    }

    @Test
    void gapTells_whenAFileCameAndWent_thatBeginsAsTheNextOne() {
        begin("one\n");
        rotate(1);
        rig.host.write(LOG, "it begins\n");
        rotate(2);
        rig.host.write(LOG, "it begins\ntwo\n");
        assertTextAfter(SECOND, "one\n<gap ROTATED><ROTATED>it begins\ntwo\n");
    }

    @Test
    void noGap_whenARotatedFileIsCompressedAtOnce_orCannotBeOpened() {
        begin("one\n");
        rotate(1);
        rig.host.compress(LOG + ".1");
        rig.host.write(LOG, "two\n");
        assertTextAfter(SECOND, "one\n<ROTATED>two\n");
        rotate(2);
        rig.host.makeUnreadable(LOG + ".2");
        rig.host.write(LOG, "three\n");
        assertTextAfter(SECOND, "one\n<ROTATED>two\n<ROTATED>three\n");
    }

    @Test
    void gapTells_whenAFileCameAndWent_andWasCompressedInTheSecondOfTheNextOne() {
        begin("one\n");
        rotate(1);
        rig.host.write(LOG, "lost\n");
        rotate(2);
        rig.host.compress(LOG + ".2");
        rig.host.write(LOG, "two\n");
        rig.host.before(type -> {
            if (type == MemoryHost.STAT) {
                rig.host.write(LOG, "more\n");
            }
        });
        rig.until("two\n");
        assertThat(rig.text.toString()).startsWith("one\n<gap ROTATED><ROTATED>two\n");
    }

    // ---- late lines

    @Test
    void lateLines_areHandedOver_afterTheConnectionWasLost() {
        MemoryHost.Node old = rig.host.write(LOG, "one\n");
        rig.follow(SECOND);
        rotate(1);
        rig.host.write(LOG, "two\n");
        assertTextAfter(SECOND, "one\n<ROTATED>two\n");
        rig.breakConnectionQuietly();
        rig.host.write(old, "late\n");
        assertTextAfter(SECOND, "one\n<ROTATED>two\nlate\n");
        rig.restart(Start.at(rig.position()));
        rig.host.write(old, "later\n");
        assertTextAfter(SECOND, "one\n<ROTATED>two\nlate\nlater\n");
    }

    @Test
    void lateLine_isHandedOver_afterManyRotationsWithinAMinute() {
        MemoryHost.Node oldest = rig.host.write(LOG, "of 0\n");
        StringBuilder expected = new StringBuilder("of 0\n");
        rig.follow(SECOND);
        for (int i = 1; i <= 20; i++) {
            rotate(i);
            rig.host.write(LOG, "of " + i + "\n");
            rig.follow(SECOND);
            expected.append("<ROTATED>of ").append(i).append('\n');
        }
        rig.host.write(oldest, "late\n");
        assertTextAfter(SECOND, expected + "late\n");
    }

    @Test
    void gapTells_lateLinesOfAFileThatAPositionHasNoRoomFor() {
        MemoryHost.Node oldest = rig.host.write(LOG, "of 0\n");
        rig.follow(SECOND);
        for (int i = 1; i <= 20; i++) {
            rotate(i);
            rig.host.write(LOG, "of " + i + "\n");
            rig.follow(SECOND);
        }
        rig.breakConnectionQuietly();
        rig.host.write(oldest, "late\n");
        rig.follow(SECOND);
        assertThat(rig.text.toString()).endsWith("of 20\n<gap MISMATCH>");
    }

    @Test
    void gapTells_lateLinesOfAFileThatHadNone_overALostConnection() {
        begin("one\n");
        rotate(1);
        MemoryHost.Node empty = rig.host.create(LOG);
        rig.follow(SECOND);
        rotate(2);
        rig.host.write(LOG, "two\n");
        assertTextAfter(SECOND, "one\n<ROTATED><ROTATED>two\n");
        rig.breakConnectionQuietly();
        rig.host.write(empty, "late\n");
        rig.time.advance(Duration.ofSeconds(2));
        rig.host.write(LOG, "three\n");
        assertTextAfter(SECOND, "one\n<ROTATED><ROTATED>two\n<gap MISMATCH>three\n");
    }

    @Test
    void gapTells_lateLinesOfAFileThatWasCompressed_beforeTheyWereRead() {
        MemoryHost.Node old = rig.host.write(LOG, "one\n");
        rig.follow(SECOND);
        rotate(1);
        rig.host.write(LOG, "two\n");
        rig.follow(Duration.ofSeconds(2));
        FollowRig.Mark before = rig.marks.get(rig.marks.size() - 1);
        rig.host.write(old, "late\n");
        rig.follow(Duration.ofSeconds(2));
        rig.host.write(LOG, "three\n");
        assertTextAfter(SECOND, "one\n<ROTATED>two\nlate\nthree\n");
        rig.restart(before);
        rig.until("three\n"); // the late line is not asked for yet
        rig.host.compress(LOG + ".1");
        rig.breakConnectionQuietly();
        assertTextAfter(SECOND, "one\n<ROTATED>two\nthree\n<gap MISMATCH>");
    }

    @Test
    void noGap_whenAFileWithLateLines_isFollowedByAnotherRotation() {
        MemoryHost.Node old = rig.host.write(LOG, "one\n");
        rig.follow(SECOND);
        rotate(1);
        rig.host.write(LOG, "two\n");
        rig.follow(SECOND);
        rig.host.write(old, "late\n");
        assertTextAfter(Duration.ofSeconds(90), "one\n<ROTATED>two\nlate\n");
        rotate(2);
        rig.host.write(LOG, "three\n");
        assertTextAfter(Duration.ofSeconds(3), "one\n<ROTATED>two\nlate\n<ROTATED>three\n");
    }

    @Test
    void noGap_whenTheConnectionIsLost_whileTheNewFileIsEmpty() {
        MemoryHost.Node old = rig.host.write(LOG, "one\n");
        rig.follow(SECOND);
        rotate(1);
        rig.host.create(LOG);
        assertTextAfter(SECOND, "one\n<ROTATED>");
        rig.host.write(old, "late\n");
        assertTextAfter(SECOND, "one\n<ROTATED>late\n");
        rig.breakConnectionQuietly();
        assertTextAfter(Duration.ofSeconds(90), "one\n<ROTATED>late\n");
        rig.breakConnectionQuietly();
        rig.follow(SECOND);
        rig.host.write(LOG, "two\n");
        assertTextAfter(SECOND, "one\n<ROTATED>late\ntwo\n");
    }

    @Test
    void gapTells_whenALateFileCannotBeReadAnyMore_andTheLogGoesOn() {
        MemoryHost.Node old = rig.host.write(LOG, "one\n");
        rig.follow(SECOND);
        rotate(1);
        rig.host.write(LOG, "two\n");
        rig.follow(SECOND);
        rig.host.breakDisk(old);
        rig.follow(SECOND);
        rig.host.write(LOG, "three\n");
        assertTextAfter(SECOND, "one\n<ROTATED>two\n<gap TRUNCATED>three\n");
    }

    // ---- written all the time

    @Test
    void newFileFollows_thoughTheOldOneIsWritten_withEveryRequest() {
        MemoryHost.Node old = rig.host.write(LOG, "one\n");
        rig.follow(SECOND);
        rotate(1);
        rig.host.write(LOG, "two\n");
        rig.host.before(type -> {
            rig.host.write(old, "more\n");
            rig.time.advance(Duration.ofMillis(1)); // what the answer takes
        });
        rig.until("two\n");
        assertThat(rig.time.nanoTime()).isLessThan(Duration.ofSeconds(8).toNanos());
    }

    @Test
    void endComes_withoutFollowing_thoughTheFileIsWrittenWithEveryRequest() {
        rig.close();
        rig = new FollowRig(builder -> builder.follow(false));
        rig.host.write(LOG, "one\ntwo\n");
        AtomicInteger requests = new AtomicInteger();
        rig.host.before(type -> {
            if (requests.incrementAndGet() > 5) { // it is open
                rig.host.write(LOG, "more\n");
            }
        });
        rig.follow(Duration.ofSeconds(2));
        assertThat(rig.isAtEnd()).isTrue();
        assertThat(rig.text.toString()).startsWith("one\ntwo\n").hasSizeLessThan(100);
    }

    @Test
    void missingFile_isRefused_withoutFollowing() {
        rig.close();
        rig = new FollowRig(builder -> builder.follow(false));
        assertThat(rig.failure()).hasMessageContaining("there is no /app.log");
    }

    // ---- what is left behind

    @Test
    void nothingIsLeftOpen_whenOpeningIsInterruptedAnywhere() throws Exception {
        begin("one\n");
        rotate(1);
        rig.host.write(LOG, "two\n");
        Start.At at = new Start.At(rig.position());
        for (int i = 1; i < 40; i++) {
            AtomicInteger left = new AtomicInteger(i);
            Thread opening = Thread.currentThread();
            rig.restart(at);
            rig.host.before(type -> {
                if (left.decrementAndGet() == 0) {
                    opening.interrupt();
                }
            });
            rig.openAndClose();
            rig.host.before(type -> {});
            assertThat(rig.openHandles()).as("interrupted at request " + i).isZero();
        }
    }

    @Test
    void lookWakes_whenTheAnswerInTheMiddleComesLast() throws Exception {
        rig.host.write(LOG, "one\n");
        Sftp sftp = rig.connection.sftp();
        RemoteFile file = new Search(sftp, LOG, Duration.ofSeconds(20)).open(0);
        AtomicInteger wakes = new AtomicInteger();
        rig.host.keepBack(MemoryHost.STAT);
        Look look = new Look(sftp, LOG, file, wakes::incrementAndGet);
        MemoryHost.awaitAnswers(sftp);
        assertThat(look.isDone()).isFalse();
        assertThat(wakes).hasValue(0);
        rig.host.keepBack(null);
        MemoryHost.awaitAnswers(sftp);
        assertThat(wakes).hasValue(1);
        assertThat(look.verdict()).isEqualTo(Look.Verdict.SAME);
    }
}
