/** Fake kernels and replays in Kotest specs, and matchers for what came of packets. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Kotest has no module descriptors
module dev.nfkit.testkit.kotest {
    requires transitive dev.nfkit.testkit;
    requires transitive kotlin.stdlib;
    requires kotest.assertions.core.jvm;
    requires transitive kotest.assertions.shared.jvm;
    requires transitive kotest.framework.engine.jvm;
    requires kotlinx.coroutines.core;

    exports dev.nfkit.testkit.kotest;
}
