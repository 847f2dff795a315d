/** Contract tests for log sources, and the scripted sources and clocks that they use. */
module io.logstream.testkit {
    requires transitive io.logstream;
    requires transitive org.assertj.core;
    requires transitive org.junit.jupiter.api;
    requires static transitive org.jspecify;

    exports io.logstream.testkit;

    // its cases are not public: the test engine calls them by reflection
    opens io.logstream.testkit to
            org.junit.platform.commons;
}
