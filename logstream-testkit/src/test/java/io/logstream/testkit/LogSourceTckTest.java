package io.logstream.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.logstream.Channel;
import io.logstream.spi.LogSource;
import io.logstream.testkit.ScriptedSourceTckTest.ScriptedLog;
import io.logstream.testkit.WrongSource.Bug;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.opentest4j.TestAbortedException;

/** The TCK finds wrong sources: each bug by the case that is about it. */
class LogSourceTckTest {

    @ParameterizedTest
    @EnumSource
    void caseFails_forSourceWith(Bug bug) {
        assertThatCode(() -> run(bug.foundBy, Set.of())).doesNotThrowAnyException();
        assertThat(catchThrowable(() -> run(bug.foundBy, EnumSet.of(bug))))
                .isNotNull()
                .isNotInstanceOf(TestAbortedException.class)
                .isNotInstanceOf(ReflectiveOperationException.class);
    }

    @Test
    void casesAreMany() {
        assertThat(cases()).hasSizeGreaterThanOrEqualTo(25);
    }

    private static Map<String, Method> cases() {
        return Stream.<Class<?>>iterate(LogSourceTck.class, Objects::nonNull, Class::getSuperclass)
                .flatMap(type -> Stream.of(type.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Test.class))
                .collect(Collectors.toMap(Method::getName, method -> method));
    }

    /** Runs one case as the test engine would. */
    private static void run(String name, Set<Bug> bugs) throws Throwable {
        Case tck = new Case(bugs);
        tck.makeLog();
        try {
            cases().get(name).invoke(tck);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        } finally {
            Throwable afterwards = catchThrowable(tck::takeLogAway);
            assertThat(bugs.isEmpty() ? afterwards : null).isNull();
        }
    }

    private static final class Case extends LogSourceTck {
        private final ScriptedLog correct = new ScriptedLog();
        private final WrongSource source;

        private final Duration patience;

        Case(Set<Bug> bugs) {
            patience = bugs.isEmpty() ? super.patience() : Duration.ofMillis(500);
            source = new WrongSource(correct.source(), bugs);
        }

        @Override
        protected Duration patience() {
            return patience;
        }

        @Override
        protected LogUnderTest newLog() {
            return new LogUnderTest() {
                @Override
                public LogSource source() {
                    return source;
                }

                @Override
                public Set<Ability> abilities() {
                    return correct.abilities();
                }

                @Override
                public Set<Channel> channels() {
                    return correct.channels();
                }

                @Override
                public void append(Channel channel, byte[] bytes) {
                    source.onAppend();
                    correct.append(channel, bytes);
                }

                @Override
                public void end() {
                    source.onEnd();
                    correct.end();
                }

                @Override
                public void breakConnections() {
                    source.onBreak();
                    correct.breakConnections();
                }

                @Override
                public void forget() {
                    correct.forget();
                }

                @Override
                public void close() {
                    source.onEnd();
                }
            };
        }
    }
}
