// SPDX-License-Identifier: Apache-2.0
/** Suspending functions and Flow over nfkit. */
module dev.nfkit.coroutines {
    requires transitive dev.nfkit;
    requires transitive dev.nfkit.flows;
    requires transitive kotlin.stdlib;
    requires transitive kotlinx.coroutines.core;

    exports dev.nfkit.coroutines;
    exports dev.nfkit.kotlin;
}
