// SPDX-License-Identifier: Apache-2.0
/** Test doubles of nfkit: fake and replayed sockets, faults, a model of the kernel's side, builders of messages. */
module dev.nfkit.testkit {
    requires transitive dev.nfkit;
    requires static transitive org.jspecify;

    exports dev.nfkit.testkit;
    exports dev.nfkit.testkit.fault;
}
