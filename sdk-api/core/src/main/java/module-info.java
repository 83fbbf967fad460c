// SPDX-License-Identifier: Apache-2.0
/** Netfilter in pure Java: the packets that the Linux packet filter hands to user space. */
@SuppressWarnings("module") // the testkit, to which packages are exported, is built later
module dev.nfkit {
    requires static jdk.jfr; // without it nothing is recorded
    requires static transitive org.jspecify;

    exports dev.nfkit;
    exports dev.nfkit.anonymize;
    exports dev.nfkit.conntrack;
    exports dev.nfkit.conntrack.event;
    exports dev.nfkit.conntrack.table;
    exports dev.nfkit.filter;
    exports dev.nfkit.health;
    exports dev.nfkit.netfilter;
    exports dev.nfkit.nflog;
    exports dev.nfkit.nftables.expression;
    exports dev.nfkit.nftables.statement;
    exports dev.nfkit.nfqueue;
    exports dev.nfkit.nftables;
    exports dev.nfkit.nftables.build;
    exports dev.nfkit.nftables.trace;
    exports dev.nfkit.nftables.bytecode to
            dev.nfkit.testkit;
    exports dev.nfkit.nftables.codec to
            dev.nfkit.testkit;
    exports dev.nfkit.packet;
    exports dev.nfkit.pcap;
    exports dev.nfkit.process;
    exports dev.nfkit.socket;
    exports dev.nfkit.trace;
    exports dev.nfkit.wire;
}
