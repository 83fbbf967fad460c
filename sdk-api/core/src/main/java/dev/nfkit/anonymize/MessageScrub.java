// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.anonymize;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/**
 * Makes the messages of a datagram anonymous in place: headers stay, attributes become what {@link Treatment} defines.
 * What is not known becomes zeros, and so does everything from the first byte on that is not part of a message.
 */
final class MessageScrub {
    private static final int CT = Netlink.NFNL_SUBSYS_CTNETLINK << 8;
    private static final int EXP = Netlink.NFNL_SUBSYS_CTNETLINK_EXP << 8;
    private static final int QUEUE = Netlink.NFNL_SUBSYS_QUEUE << 8;
    private static final int ULOG = Netlink.NFNL_SUBSYS_ULOG << 8;

    /**
     * Messages with attributes of a family: of connections NEW, GET, DELETE, GET_CTRZERO, GET_DYING, GET_UNCONFIRMED.
     */
    private static final Map<Integer, AttributeSchema> SCHEMAS = Map.ofEntries(
            Map.entry(CT, ConntrackAttribute.SCHEMA),
            Map.entry(CT | 1, ConntrackAttribute.SCHEMA),
            Map.entry(CT | 2, ConntrackAttribute.SCHEMA),
            Map.entry(CT | 3, ConntrackAttribute.SCHEMA),
            Map.entry(CT | 6, ConntrackAttribute.SCHEMA),
            Map.entry(CT | 7, ConntrackAttribute.SCHEMA),
            Map.entry(EXP, ExpectationAttribute.SCHEMA),
            Map.entry(EXP | 1, ExpectationAttribute.SCHEMA),
            Map.entry(EXP | 2, ExpectationAttribute.SCHEMA),
            Map.entry(QUEUE, NfqueueAttribute.SCHEMA),
            Map.entry(QUEUE | 1, NfqueueAttribute.SCHEMA),
            Map.entry(QUEUE | 3, NfqueueAttribute.SCHEMA),
            Map.entry(ULOG, NflogAttribute.SCHEMA));

    private static final int ERRNO = 4;

    private final AttributeScrub attributes;

    MessageScrub(Scrub scrub) {
        attributes = new AttributeScrub(scrub);
    }

    /** Replaces the contents of a datagram. */
    void replace(byte[] bytes, int protocol, ByteOrder order) {
        MessageCursor message = new MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.length, order);
        int after = 0;
        try {
            while (message.next()) {
                int end = message.end();
                after = Math.min(bytes.length, message.offset() + Netlink.align(message.length()));
                Arrays.fill(bytes, end, after, (byte) 0);
                replace(bytes, message, protocol, order);
            }
        } catch (MalformedMessageException e) {
            // What looks like a header may be anything, such as half a packet.
            Arrays.fill(bytes, after, bytes.length, (byte) 0);
        }
    }

    private void replace(byte[] bytes, MessageCursor message, int protocol, ByteOrder order) {
        Region body = new Region(bytes, message.bodyOffset(), message.end() - message.bodyOffset());
        switch (message.type()) {
            case Netlink.NLMSG_ERROR -> error(body, message.flags(), protocol, order);
            case Netlink.NLMSG_DONE -> done(body, message.flags(), protocol, order);
            default -> body(body, message.type(), protocol, order);
        }
    }

    private void body(Region body, int type, int protocol, ByteOrder order) {
        if (protocol != Netlink.NETLINK_NETFILTER
                || type < Netlink.NLMSG_MIN_TYPE
                || body.length < Netlink.NFGENMSG_LEN) {
            body.zero(0);
            return;
        }
        Region rest = body.part(Netlink.NFGENMSG_LEN, body.length - Netlink.NFGENMSG_LEN);
        AttributeSchema schema = SCHEMAS.get(type);
        if (schema != null) {
            attributes.replace(rest, schema, order);
        } else if (NumberMessages.known(type)) {
            attributes.replaceNumbers(rest, type, order);
        } else {
            rest.zero(0);
        }
    }

    private static boolean knownMessage(int type) {
        return SCHEMAS.containsKey(type) || NumberMessages.known(type);
    }

    /** An error number, then the text of the kernel. */
    private void done(Region body, int flags, int protocol, ByteOrder order) {
        if (body.length < ERRNO) {
            body.zero(0);
            return;
        }
        errorAttributes(body, ERRNO, flags, protocol, order);
    }

    /** An error number, the header of the request and, unless capped, its body; then the text of the kernel. */
    private void error(Region body, int flags, int protocol, ByteOrder order) {
        int echo = ERRNO + Netlink.NLMSG_HDRLEN;
        if (body.length < echo) {
            body.zero(body.length < ERRNO ? 0 : ERRNO);
            return;
        }
        ByteBuffer header = ByteBuffer.wrap(body.bytes, body.start + ERRNO, Netlink.NLMSG_HDRLEN)
                .slice()
                .order(order);
        long length = header.getInt(0) & 0xffff_ffffL;
        int type = header.getShort(4) & 0xffff;
        // Kernels before 4.12 do not flag that the acknowledgement of a success has only the header.
        boolean capped = (flags & Netlink.NLM_F_CAPPED) != 0 || body.length == echo;
        if (length < Netlink.NLMSG_HDRLEN
                || (capped && !knownMessage(type))
                || (!capped && length > body.length - ERRNO)) {
            body.zero(ERRNO);
            return;
        }
        int at = echo;
        if (!capped) {
            int rest = (int) length - Netlink.NLMSG_HDRLEN;
            body(body.part(echo, rest), type, protocol, order);
            at = Math.min(body.length, echo + Netlink.align(rest));
            body.zero(echo + rest, at - echo - rest);
        }
        errorAttributes(body, at, flags, protocol, order);
    }

    private void errorAttributes(Region body, int at, int flags, int protocol, ByteOrder order) {
        if ((flags & Netlink.NLM_F_ACK_TLVS) == 0 || protocol != Netlink.NETLINK_NETFILTER) {
            body.zero(at);
        } else {
            attributes.replaceErrors(body.part(at, body.length - at), order);
        }
    }
}
