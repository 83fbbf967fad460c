// SPDX-License-Identifier: Apache-2.0
/** Flow records: what a host's connections carried, from connection tracking. */
module dev.nfkit.flows {
    requires transitive dev.nfkit;
    requires static transitive org.jspecify;

    exports dev.nfkit.flows;
    exports dev.nfkit.flows.ipfix;
}
