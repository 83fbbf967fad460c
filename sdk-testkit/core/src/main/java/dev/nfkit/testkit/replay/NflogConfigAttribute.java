// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import static dev.nfkit.wire.AttributeFacts.value;

import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/** The attributes of NFLOG's configuration ({@code enum nfulnl_attr_config} in {@code linux/netfilter/nfnetlink_log.h}). */
enum NflogConfigAttribute implements AttributeType {
    CMD(value(NflogConfig.NFULA_CFG_CMD, AttributeShape.U8, "2.6.14")),
    MODE(value(NflogConfig.NFULA_CFG_MODE, AttributeShape.BYTES, "2.6.14")),
    NLBUFSIZ(value(NflogConfig.NFULA_CFG_NLBUFSIZ, AttributeShape.BE32, "2.6.14")),
    TIMEOUT(value(NflogConfig.NFULA_CFG_TIMEOUT, AttributeShape.BE32, "2.6.14")),
    QTHRESH(value(NflogConfig.NFULA_CFG_QTHRESH, AttributeShape.BE32, "2.6.14")),
    FLAGS(value(NflogConfig.NFULA_CFG_FLAGS, AttributeShape.BE16, "2.6.14"));

    static final AttributeSchema SCHEMA = new AttributeSchema("NFULNL_MSG_CONFIG", List.of(values()));

    private final AttributeFacts facts;

    NflogConfigAttribute(AttributeFacts facts) {
        this.facts = facts.named("NFULA_CFG_", name());
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
