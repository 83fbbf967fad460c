// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.conntrack.ConntrackMessage;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogConfig;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.Netlink;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The kernel's names of messages and their flags, and the attributes of the messages that nfkit knows. */
public final class MessageNames {
    private static final int NLM_F_DUMP_FILTERED = 0x20;

    private final Map<Integer, AttributeSchema> schemas = new HashMap<>();
    private final Map<Integer, String> types = new HashMap<>();

    /** The messages of nfkit's families. */
    public MessageNames() {
        know(NflogConfig.NFULNL_MSG_PACKET, "NFULNL_MSG_PACKET", NflogAttribute.SCHEMA);
        know(NflogConfig.NFULNL_MSG_CONFIG, "NFULNL_MSG_CONFIG", NflogConfigAttribute.SCHEMA);
        know(NfqueueConfig.NFQNL_MSG_PACKET, "NFQNL_MSG_PACKET", NfqueueAttribute.SCHEMA);
        know(NfqueueConfig.NFQNL_MSG_VERDICT, "NFQNL_MSG_VERDICT", NfqueueAttribute.SCHEMA);
        know(NfqueueConfig.NFQNL_MSG_VERDICT_BATCH, "NFQNL_MSG_VERDICT_BATCH", NfqueueAttribute.SCHEMA);
        know(NfqueueConfig.NFQNL_MSG_CONFIG, "NFQNL_MSG_CONFIG", NfqueueConfigAttribute.SCHEMA);
        for (ConntrackMessage message : ConntrackMessage.values()) {
            know(message.type(), message.kernelName(), message.schema());
        }
        types.put(Netlink.NLMSG_NOOP, "NLMSG_NOOP");
        types.put(Netlink.NLMSG_ERROR, "NLMSG_ERROR");
        types.put(Netlink.NLMSG_DONE, "NLMSG_DONE");
        types.put(Netlink.NLMSG_OVERRUN, "NLMSG_OVERRUN");
    }

    /** Adds or replaces the attributes of a message. */
    public void know(int type, String name, AttributeSchema schema) {
        types.put(type, name);
        schemas.put(type, schema);
    }

    @Nullable
    AttributeSchema schema(int type, int flags) {
        return schemas.get(meant(type, flags));
    }

    /** The kernel uses the table's message type for expectations' counters ({@code ctnetlink_exp_stat_fill_info}). */
    private static int meant(int type, int flags) {
        boolean answer = (flags & Netlink.NLM_F_REQUEST) == 0;
        return answer && type == ConntrackMessage.CT_GET_CTRZERO.type()
                ? ConntrackMessage.EXP_GET_STATS_CPU.type()
                : type;
    }

    /** The name of a message type. */
    String type(int number, int flags) {
        int type = meant(number, flags);
        String name = types.get(type);
        return name == null ? "message type 0x" + Integer.toHexString(type) : name;
    }

    /** The names of the flags. The meaning of the upper ones depends on the kind of message. */
    String flags(int type, int flags) {
        StringBuilder text = new StringBuilder();
        int left = flags;
        left = name(text, left, Netlink.NLM_F_REQUEST, "NLM_F_REQUEST");
        left = name(text, left, Netlink.NLM_F_MULTI, "NLM_F_MULTI");
        left = name(text, left, Netlink.NLM_F_ACK, "NLM_F_ACK");
        left = name(text, left, Netlink.NLM_F_DUMP_INTR, "NLM_F_DUMP_INTR");
        left = name(text, left, NLM_F_DUMP_FILTERED, "NLM_F_DUMP_FILTERED");
        if (type == Netlink.NLMSG_ERROR) {
            left = name(text, left, Netlink.NLM_F_CAPPED, "NLM_F_CAPPED");
            left = name(text, left, Netlink.NLM_F_ACK_TLVS, "NLM_F_ACK_TLVS");
        } else if (ConntrackMessage.of(type).map(MessageNames::gets).orElse(false)) {
            left = name(text, left, Netlink.NLM_F_DUMP, "NLM_F_DUMP");
        } else if (ConntrackMessage.of(type).map(MessageNames::makes).orElse(false)) {
            left = name(text, left, Netlink.NLM_F_EXCL, "NLM_F_EXCL");
            left = name(text, left, Netlink.NLM_F_CREATE, "NLM_F_CREATE");
        }
        if (left != 0 || flags == 0) {
            text.append(text.isEmpty() ? "" : "|").append("0x").append(Integer.toHexString(left));
        }
        return text.toString();
    }

    private static boolean gets(ConntrackMessage message) {
        return message.name().contains("_GET");
    }

    private static boolean makes(ConntrackMessage message) {
        return message.name().endsWith("_NEW");
    }

    private static int name(StringBuilder text, int flags, int flag, String name) {
        if ((flags & flag) != flag) {
            return flags;
        }
        text.append(text.isEmpty() ? "" : "|").append(name);
        return flags & ~flag;
    }
}
