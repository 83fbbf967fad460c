// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

/** The place of a tuple in a message, for errors. */
enum TuplePath {
    ORIGINAL("IPCTNL_MSG_CT/CTA_TUPLE_ORIG"),
    REPLY("IPCTNL_MSG_CT/CTA_TUPLE_REPLY"),
    MASTER("IPCTNL_MSG_CT/CTA_TUPLE_MASTER"),
    EXPECT_MASTER("IPCTNL_MSG_EXP/CTA_EXPECT_MASTER"),
    EXPECT_TUPLE("IPCTNL_MSG_EXP/CTA_EXPECT_TUPLE"),
    EXPECT_MASK("IPCTNL_MSG_EXP/CTA_EXPECT_MASK"),
    EXPECT_NAT("IPCTNL_MSG_EXP/CTA_EXPECT_NAT/CTA_EXPECT_NAT_TUPLE");

    final String tuple;
    final String ip;
    final String proto;

    TuplePath(String tuple) {
        this.tuple = tuple;
        this.ip = tuple + "/CTA_TUPLE_IP";
        this.proto = tuple + "/CTA_TUPLE_PROTO";
    }
}
