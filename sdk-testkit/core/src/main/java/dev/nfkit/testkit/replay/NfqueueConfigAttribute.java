package dev.nfkit.testkit.replay;

import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/** The attributes of NFQUEUE's configuration ({@code enum nfqnl_attr_config}, {@code linux/netfilter/nfnetlink_queue.h}). */
enum NfqueueConfigAttribute implements AttributeType {
    CMD(NfqueueConfig.NFQA_CFG_CMD, AttributeShape.BYTES),
    PARAMS(NfqueueConfig.NFQA_CFG_PARAMS, AttributeShape.BYTES),
    QUEUE_MAXLEN(NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN, AttributeShape.BE32),
    MASK(NfqueueConfig.NFQA_CFG_MASK, AttributeShape.BE32),
    FLAGS(NfqueueConfig.NFQA_CFG_FLAGS, AttributeShape.BE32);

    static final AttributeSchema SCHEMA = new AttributeSchema("NFQNL_MSG_CONFIG", List.of(values()));

    private final AttributeFacts facts;

    NfqueueConfigAttribute(int code, AttributeShape shape) {
        facts = AttributeFacts.of(code, "NFQA_CFG_", name(), shape, shape.minimumLength(), "2.6.14");
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
