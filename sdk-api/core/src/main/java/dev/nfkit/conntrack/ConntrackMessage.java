// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.conntrack.codec.MessageTypes;
import dev.nfkit.wire.AttributeSchema;
import java.util.Optional;

/**
 * The messages of connection tracking ({@code enum cntl_msg_types} and {@code enum ctnl_exp_msg_types} in
 * {@code linux/netfilter/nfnetlink_conntrack.h}): the meaning of a netlink message's type, and its attributes.
 */
public enum ConntrackMessage {
    /** A connection: a request to create or change it, an answer, or an event of a new or changed one. */
    CT_NEW(MessageTypes.CT_NEW, ConntrackAttribute.SCHEMA),
    /** A request for one connection, or for all. */
    CT_GET(MessageTypes.CT_GET, ConntrackAttribute.SCHEMA),
    /** A request to remove connections, or an event of the end of one. */
    CT_DELETE(MessageTypes.CT_DELETE, ConntrackAttribute.SCHEMA),
    /** As {@link #CT_GET}, and sets the counters to 0. */
    CT_GET_CTRZERO(MessageTypes.CT_GET_CTRZERO, ConntrackAttribute.SCHEMA),
    /** A request for the counters of each processor, or its answer. */
    CT_GET_STATS_CPU(MessageTypes.CT_GET_STATS_CPU, StatisticsAttribute.SCHEMA),
    /** A request for the fill level of the table, or its answer. */
    CT_GET_STATS(MessageTypes.CT_GET_STATS, StatisticsAttribute.Global.SCHEMA),
    /** A request for the connections that have ended and are still referenced. */
    CT_GET_DYING(MessageTypes.CT_GET_DYING, ConntrackAttribute.SCHEMA),
    /** A request for the connections whose first packet has not left the host yet. */
    CT_GET_UNCONFIRMED(MessageTypes.CT_GET_UNCONFIRMED, ConntrackAttribute.SCHEMA),
    /** An expectation: a request to create or change it, an answer, or an event of a new or changed one. */
    EXP_NEW(MessageTypes.EXP_NEW, ExpectationAttribute.SCHEMA),
    /** A request for one expectation, or for all. */
    EXP_GET(MessageTypes.EXP_GET, ExpectationAttribute.SCHEMA),
    /** A request to remove expectations, or an event of the end of one. */
    EXP_DELETE(MessageTypes.EXP_DELETE, ExpectationAttribute.SCHEMA),
    /** A request for the counters of expectations of each processor, or its answer. */
    EXP_GET_STATS_CPU(MessageTypes.EXP_GET_STATS_CPU, StatisticsAttribute.Expectations.SCHEMA);

    private static final ConntrackMessage[] ALL = values();

    private final int type;
    private final AttributeSchema schema;

    ConntrackMessage(int type, AttributeSchema schema) {
        this.type = type;
        this.schema = schema;
    }

    /**
     * The type on the wire.
     *
     * @return {@code nlmsg_type}: the subsystem in the upper byte
     */
    public int type() {
        return type;
    }

    /**
     * The kernel's name.
     *
     * @return a name such as {@code IPCTNL_MSG_CT_NEW}
     */
    public String kernelName() {
        return "IPCTNL_MSG_" + name();
    }

    /**
     * The attributes that such a message has.
     *
     * @return their schema
     */
    public AttributeSchema schema() {
        return schema;
    }

    /**
     * Whether it is about expectations.
     *
     * @return false for those of connections
     */
    public boolean ofExpectations() {
        return type >= EXP_NEW.type;
    }

    /**
     * The message of a type.
     *
     * @param type {@code nlmsg_type}
     * @return the message, or empty if the type belongs to another subsystem or is not known
     */
    public static Optional<ConntrackMessage> of(int type) {
        for (ConntrackMessage message : ALL) {
            if (message.type == type) {
                return Optional.of(message);
            }
        }
        return Optional.empty();
    }
}
