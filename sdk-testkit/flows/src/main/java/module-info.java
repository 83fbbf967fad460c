// SPDX-License-Identifier: Apache-2.0
/** Sample flow records and a sink in memory. */
module dev.nfkit.testkit.flows {
    requires transitive dev.nfkit.flows;
    requires static transitive org.jspecify;

    exports dev.nfkit.testkit.flows;
}
