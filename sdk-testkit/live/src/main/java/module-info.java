// SPDX-License-Identifier: Apache-2.0
/** Network namespaces for tests on the running kernel: rules, sockets, processes and faults. */
module dev.nfkit.testkit.live {
    requires transitive dev.nfkit;
    requires transitive dev.nfkit.linux;
    requires static transitive org.jspecify;

    exports dev.nfkit.testkit.live;
}
