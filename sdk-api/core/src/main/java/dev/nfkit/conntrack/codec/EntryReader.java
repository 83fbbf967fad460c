// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.AddressFamily;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads a connection's attributes into fields, in one pass. Reusing it allocates nothing, except for rare attributes.
 * The fields are valid if {@link #has} returns true for their attribute.
 */
public abstract sealed class EntryReader permits EntryAttributes {
    /** The cursors of a pass, which its result does not need. */
    static final class Cursors {
        final AttributeCursor top = new AttributeCursor();
        final AttributeCursor members = new AttributeCursor();
        final AttributeCursor leaves = new AttributeCursor();
    }

    private static final String PATH = "IPCTNL_MSG_CT";
    private static final int PAIR = 2;
    private static final int TRIPLE = 3;

    public final TupleReader original = new TupleReader(TuplePath.ORIGINAL);
    public final TupleReader reply = new TupleReader(TuplePath.REPLY);
    public @Nullable TupleReader master;
    public final long[] countersOriginal = new long[PAIR];
    public final long[] countersReply = new long[PAIR];
    public final long[] timestamp = new long[PAIR];
    public final ProtocolInfoReader protocolInfo = new ProtocolInfoReader();
    public long @Nullable [] sequenceOriginal;
    public long @Nullable [] sequenceReply;
    public long @Nullable [] synProxy;
    public @Nullable NatFields sourceNat;
    public @Nullable NatFields destinationNat;

    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private ByteOrder order = ByteOrder.nativeOrder();
    private long present;
    public long status;
    public long timeout;
    public long mark;
    public int zone;
    public long id;
    public long use;
    public long event;
    private int labelsAt;
    private int labelsLength;
    private int helperAt;
    private int helperLength;
    private int helperInfoAt;
    private int helperInfoLength;
    private int securityContextAt;
    private int securityContextLength;

    void read(Cursors cursors, ByteBuffer bytes, int offset, int length, ByteOrder hostOrder)
            throws MalformedMessageException {
        buffer = bytes;
        order = hostOrder;
        present = 0;
        mark = 0;
        zone = 0;
        protocolInfo.clear();
        AttributeCursor top = cursors.top.wrap(bytes, offset, length, hostOrder, PATH);
        while (top.next()) {
            int type = top.type();
            attribute(type, top, cursors);
            if (type < Long.SIZE) {
                present |= 1L << type;
            }
        }
    }

    private void attribute(int type, AttributeCursor top, Cursors cursors) throws MalformedMessageException {
        switch (type) {
            case Cta.TUPLE_ORIG -> original.read(top, cursors);
            case Cta.TUPLE_REPLY -> reply.read(top, cursors);
            case Cta.STATUS -> status = top.be32();
            case Cta.TIMEOUT -> timeout = top.be32();
            case Cta.MARK -> mark = top.be32();
            case Cta.ID -> id = top.be32();
            case Cta.USE -> use = top.be32();
            case Cta.ZONE -> zone = top.be16();
            case Cta.PROTOINFO -> protocolInfo.read(top, cursors);
            case Cta.COUNTERS_ORIG -> be64s(countersOriginal, top.nestAt(cursors.members, PATH + "/CTA_COUNTERS_ORIG"));
            case Cta.COUNTERS_REPLY -> be64s(countersReply, top.nestAt(cursors.members, PATH + "/CTA_COUNTERS_REPLY"));
            case Cta.TIMESTAMP -> be64s(timestamp, top.nestAt(cursors.members, PATH + "/CTA_TIMESTAMP"));
            case Cta.TIMESTAMP_EVENT -> event = top.be64();
            case Cta.LABELS -> {
                labelsAt = top.offset();
                labelsLength = top.length();
            }
            default -> rare(type, top, cursors);
        }
    }

    private void rare(int type, AttributeCursor top, Cursors cursors) throws MalformedMessageException {
        AttributeCursor members = cursors.members;
        switch (type) {
            case Cta.TUPLE_MASTER -> {
                if (master == null) {
                    master = new TupleReader(TuplePath.MASTER);
                }
                master.read(top, cursors);
            }
            case Cta.HELP -> help(top.nestAt(members, PATH + "/CTA_HELP"));
            case Cta.SECCTX -> secctx(top.nestAt(members, PATH + "/CTA_SECCTX"));
            case Cta.SEQ_ADJ_ORIG -> sequenceOriginal = be32s(top.nestAt(members, PATH + "/CTA_SEQ_ADJ_ORIG"));
            case Cta.SEQ_ADJ_REPLY -> sequenceReply = be32s(top.nestAt(members, PATH + "/CTA_SEQ_ADJ_REPLY"));
            case Cta.SYNPROXY -> synProxy = be32s(top.nestAt(members, PATH + "/CTA_SYNPROXY"));
            case Cta.NAT_SRC -> sourceNat = NatFields.read(top.nestAt(members, PATH + "/CTA_NAT_SRC"), cursors.leaves);
            case Cta.NAT_DST ->
                destinationNat = NatFields.read(top.nestAt(members, PATH + "/CTA_NAT_DST"), cursors.leaves);
            default -> {} // newer kernels add some, and only requests carry others
        }
    }

    /** Reads members that are numbered from 1, in the order of the target. */
    private static void be64s(long[] target, AttributeCursor in) throws MalformedMessageException {
        target[0] = 0;
        target[1] = 0;
        while (in.next()) {
            if (in.type() >= 1 && in.type() <= target.length) {
                target[in.type() - 1] = in.be64();
            }
        }
    }

    private static long[] be32s(AttributeCursor in) throws MalformedMessageException {
        long[] target = new long[TRIPLE];
        while (in.next()) {
            if (in.type() >= 1 && in.type() <= target.length) {
                target[in.type() - 1] = in.be32();
            }
        }
        return target;
    }

    private void help(AttributeCursor in) throws MalformedMessageException {
        helperLength = -1;
        helperInfoLength = 0;
        while (in.next()) {
            if (in.type() == Cta.HELP_NAME) {
                helperAt = in.offset();
                helperLength = in.textLength();
            } else if (in.type() == Cta.HELP_INFO) {
                helperInfoAt = in.offset();
                helperInfoLength = in.length();
            }
        }
    }

    private void secctx(AttributeCursor in) throws MalformedMessageException {
        securityContextLength = -1;
        while (in.next()) {
            if (in.type() == Cta.SECCTX_NAME) {
                securityContextAt = in.offset();
                securityContextLength = in.textLength();
            }
        }
    }

    /**
     * Whether an attribute is present, known or not.
     *
     * @param code its number, 0 to 63
     * @return whether the kernel sent it
     */
    public final boolean has(int code) {
        return (present & (1L << code)) != 0;
    }

    /**
     * The byte order of the attributes' headers and of the labels.
     *
     * @return that of the host that wrote them
     */
    public final ByteOrder order() {
        return order;
    }

    /**
     * The family of the addresses.
     *
     * @return unspecified if the kernel sent no tuple
     */
    public final AddressFamily family() {
        return has(Cta.TUPLE_ORIG) ? original.family : reply.family;
    }

    /** Whether it has a zone that applies to one direction only. */
    final boolean inZoneOfDirection() {
        return (has(Cta.TUPLE_ORIG) && original.zone != TupleReader.ABSENT)
                || (has(Cta.TUPLE_REPLY) && reply.zone != TupleReader.ABSENT);
    }

    /**
     * The labels that are set.
     *
     * @return a new set
     */
    public final BitSet labels() {
        return LabelBits.read(new BytesView().wrap(buffer, labelsAt, labelsLength), order);
    }

    /**
     * The helper's name.
     *
     * @return null if the kernel sent a helper without it
     */
    public final @Nullable String helper() {
        return text(helperAt, helperLength);
    }

    /**
     * Whether the helper has a name.
     *
     * @return false if the kernel sent a helper without it
     */
    public final boolean hasHelperName() {
        return helperLength >= 0;
    }

    final BytesView helperInfo(BytesView view) {
        return view.wrap(buffer, helperInfoLength == 0 ? 0 : helperInfoAt, helperInfoLength);
    }

    /**
     * The security context.
     *
     * @return null if the kernel sent one without a name
     */
    public final @Nullable String securityContext() {
        return text(securityContextAt, securityContextLength);
    }

    /**
     * Whether the security context has a name.
     *
     * @return false if the kernel sent one without it
     */
    public final boolean hasSecurityContextName() {
        return securityContextLength >= 0;
    }

    private @Nullable String text(int at, int length) {
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        buffer.get(at, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
