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
 * Makes the messages of a datagram anonymous in place: headers stay, attributes become what {@link Treatment} says, and
 * whatever is not known becomes zeros, as does what can't be read.
 */
final class MessageScrub {
    private static final int CT = Netlink.NFNL_SUBSYS_CTNETLINK << 8;
    private static final int EXP = Netlink.NFNL_SUBSYS_CTNETLINK_EXP << 8;
    private static final int QUEUE = Netlink.NFNL_SUBSYS_QUEUE << 8;
    private static final int ULOG = Netlink.NFNL_SUBSYS_ULOG << 8;

    /** Messages with attributes of a family: of connections NEW, GET, DELETE, GET_CTRZERO, GET_DYING, GET_UNCONFIRMED. */
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

    /** Messages of nothing but numbers of their own: statistics, and configuration of queues and groups. */
    private static final int[] NUMBERS = {CT | 4, CT | 5, EXP | 3, QUEUE | 2, ULOG | 1};

    private static final int ERRNO = 4;

    private final AttributeScrub attributes;

    MessageScrub(Scrub scrub) {
        attributes = new AttributeScrub(scrub);
    }

    /** Replaces what a datagram holds. */
    void replace(byte[] bytes, int protocol, ByteOrder order) {
        MessageCursor message = new MessageCursor().wrap(ByteBuffer.wrap(bytes), 0, bytes.length, order);
        int behind = 0;
        try {
            while (message.next()) {
                int end = message.end();
                behind = Math.min(bytes.length, message.offset() + Netlink.align(message.length()));
                Arrays.fill(bytes, end, behind, (byte) 0);
                replace(bytes, message, protocol, order);
            }
        } catch (MalformedMessageException e) {
            // A cut message keeps its header, and nothing that could be only half an address.
            Arrays.fill(bytes, Math.min(bytes.length, behind + Netlink.NLMSG_HDRLEN), bytes.length, (byte) 0);
        }
    }

    private void replace(byte[] bytes, MessageCursor message, int protocol, ByteOrder order) {
        Region body = new Region(bytes, message.bodyOffset(), message.end() - message.bodyOffset());
        switch (message.type()) {
            case Netlink.NLMSG_ERROR -> error(body, message.flags(), protocol, order);
            case Netlink.NLMSG_DONE -> zero(body, ERRNO);
            default -> body(body, message.type(), protocol, order);
        }
    }

    private void body(Region body, int type, int protocol, ByteOrder order) {
        if (protocol != Netlink.NETLINK_NETFILTER || type < Netlink.NLMSG_MIN_TYPE) {
            zero(body, 0);
            return;
        }
        if (body.length < Netlink.NFGENMSG_LEN) {
            return;
        }
        Region rest = body.part(Netlink.NFGENMSG_LEN, body.length - Netlink.NFGENMSG_LEN);
        AttributeSchema schema = SCHEMAS.get(type);
        if (schema != null) {
            attributes.replace(rest, schema, order);
        } else if (Arrays.stream(NUMBERS).noneMatch(each -> each == type)) {
            zero(rest, 0);
        }
    }

    /** An error number, the header of the request and, unless capped, its body; then the kernel's words. */
    private void error(Region body, int flags, int protocol, ByteOrder order) {
        int echo = ERRNO + Netlink.NLMSG_HDRLEN;
        if (body.length < echo) {
            return;
        }
        ByteBuffer header = ByteBuffer.wrap(body.bytes, body.start + ERRNO, Netlink.NLMSG_HDRLEN)
                .slice()
                .order(order);
        int at = echo;
        if ((flags & Netlink.NLM_F_CAPPED) == 0) {
            long length = (header.getInt(0) & 0xffff_ffffL) - Netlink.NLMSG_HDRLEN;
            if (length < 0 || length > body.length - echo) {
                zero(body, echo);
                return;
            }
            body(body.part(echo, (int) length), header.getShort(4) & 0xffff, protocol, order);
            at = Math.min(body.length, echo + Netlink.align((int) length));
        }
        if ((flags & Netlink.NLM_F_ACK_TLVS) == 0) {
            zero(body, at);
        } else {
            attributes.replaceErrors(body.part(at, body.length - at), order);
        }
    }

    static void zero(Region region, int from) {
        if (from < region.length) {
            Arrays.fill(region.bytes, region.start + from, region.start + region.length, (byte) 0);
        }
    }
}
