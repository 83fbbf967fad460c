// SPDX-License-Identifier: Apache-2.0
/** Fake kernels, replays of recordings and network namespaces as parameters of JUnit tests. */
module dev.nfkit.testkit.junit {
    requires transitive dev.nfkit.testkit;
    requires transitive org.junit.jupiter.api;
    requires static transitive dev.nfkit.testkit.live; // for @Netns
    requires static transitive org.jspecify;

    exports dev.nfkit.testkit.junit;
}
