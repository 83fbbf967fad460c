/** Fakes, faults and replay for tests. */
module dev.nfkit.testkit {
    requires transitive dev.nfkit;
    requires static transitive org.jspecify;

    exports dev.nfkit.testkit;
}
