// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import static dev.nfkit.wire.AttributeFacts.value;

import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/** The attributes of NFQUEUE's configuration ({@code enum nfqnl_attr_config}, {@code linux/netfilter/nfnetlink_queue.h}). */
enum NfqueueConfigAttribute implements AttributeType {
    CMD(value(NfqueueConfig.NFQA_CFG_CMD, AttributeShape.BYTES, "2.6.14")),
    PARAMS(value(NfqueueConfig.NFQA_CFG_PARAMS, AttributeShape.BYTES, "2.6.14")),
    QUEUE_MAXLEN(value(NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN, AttributeShape.BE32, "2.6.14")),
    MASK(value(NfqueueConfig.NFQA_CFG_MASK, AttributeShape.BE32, "2.6.14")),
    FLAGS(value(NfqueueConfig.NFQA_CFG_FLAGS, AttributeShape.BE32, "2.6.14"));

    static final AttributeSchema SCHEMA = new AttributeSchema("NFQNL_MSG_CONFIG", List.of(values()));

    private final AttributeFacts facts;

    NfqueueConfigAttribute(AttributeFacts facts) {
        this.facts = facts.named("NFQA_CFG_", name());
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
