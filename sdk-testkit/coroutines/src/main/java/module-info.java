// SPDX-License-Identifier: Apache-2.0
/** The virtual time of coroutine tests for fake kernels and replays. */
module dev.nfkit.testkit.coroutines {
    requires transitive dev.nfkit.testkit;
    requires transitive kotlin.stdlib;
    requires transitive kotlinx.coroutines.core;
    requires transitive kotlinx.coroutines.test;

    exports dev.nfkit.testkit.coroutines;
}
