package dev.nfkit.testkit.replay;

import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.wire.AttributeFacts;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import java.util.List;

/** The attributes of NFLOG's configuration ({@code enum nfulnl_attr_config} in {@code linux/netfilter/nfnetlink_log.h}). */
enum NflogConfigAttribute implements AttributeType {
    CMD(NflogConfig.NFULA_CFG_CMD, AttributeShape.U8),
    MODE(NflogConfig.NFULA_CFG_MODE, AttributeShape.BYTES),
    NLBUFSIZ(NflogConfig.NFULA_CFG_NLBUFSIZ, AttributeShape.BE32),
    TIMEOUT(NflogConfig.NFULA_CFG_TIMEOUT, AttributeShape.BE32),
    QTHRESH(NflogConfig.NFULA_CFG_QTHRESH, AttributeShape.BE32),
    FLAGS(NflogConfig.NFULA_CFG_FLAGS, AttributeShape.BE16);

    static final AttributeSchema SCHEMA = new AttributeSchema("NFULNL_MSG_CONFIG", List.of(values()));

    private final AttributeFacts facts;

    NflogConfigAttribute(int code, AttributeShape shape) {
        facts = AttributeFacts.of(code, "NFULA_CFG_", name(), shape, shape.minimumLength(), "2.6.14");
    }

    @Override
    public AttributeFacts facts() {
        return facts;
    }
}
