package dev.nfkit.conntrack;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a connection's attributes into fields, in one pass. Reusing it allocates nothing, except for rare attributes.
 */
final class EntryReader {
    /** The cursors of a pass, which its result does not need. */
    static final class Cursors {
        final AttributeCursor top = new AttributeCursor();
        final AttributeCursor members = new AttributeCursor();
        final AttributeCursor leaves = new AttributeCursor();
    }

    private static final int CTA_TUPLE_ORIG = 1;
    private static final int CTA_TUPLE_REPLY = 2;
    private static final int CTA_STATUS = 3;
    private static final int CTA_PROTOINFO = 4;
    private static final int CTA_HELP = 5;
    private static final int CTA_NAT_SRC = 6;
    private static final int CTA_TIMEOUT = 7;
    private static final int CTA_MARK = 8;
    private static final int CTA_COUNTERS_ORIG = 9;
    private static final int CTA_COUNTERS_REPLY = 10;
    private static final int CTA_USE = 11;
    private static final int CTA_ID = 12;
    private static final int CTA_NAT_DST = 13;
    private static final int CTA_TUPLE_MASTER = 14;
    private static final int CTA_SEQ_ADJ_ORIG = 15;
    private static final int CTA_SEQ_ADJ_REPLY = 16;
    private static final int CTA_ZONE = 18;
    private static final int CTA_SECCTX = 19;
    private static final int CTA_TIMESTAMP = 20;
    private static final int CTA_LABELS = 22;
    private static final int CTA_SYNPROXY = 24;
    private static final int CTA_TIMESTAMP_EVENT = 27;

    /** The only member of {@code CTA_HELP} and {@code CTA_SECCTX} that is text. */
    private static final int NAME = 1;

    private static final int CTA_HELP_INFO = 2;

    private static final String PATH = "IPCTNL_MSG_CT";
    private static final int PAIR = 2;
    private static final int TRIPLE = 3;

    final TupleReader original = new TupleReader(TuplePath.ORIGINAL);
    final TupleReader reply = new TupleReader(TuplePath.REPLY);
    private @Nullable TupleReader master;
    final long[] countersOriginal = new long[PAIR];
    final long[] countersReply = new long[PAIR];
    final long[] timestamp = new long[PAIR];
    final ProtocolInfoReader protocolInfo = new ProtocolInfoReader();
    private long @Nullable [] sequenceOriginal;
    private long @Nullable [] sequenceReply;
    private long @Nullable [] synProxy;
    private @Nullable NatRange sourceNat;
    private @Nullable NatRange destinationNat;

    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private ByteOrder order = ByteOrder.nativeOrder();
    private long present;
    long status;
    long timeout;
    long mark;
    int zone;
    long id;
    long use;
    long event;
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
            case CTA_TUPLE_ORIG -> original.read(top, cursors);
            case CTA_TUPLE_REPLY -> reply.read(top, cursors);
            case CTA_STATUS -> status = top.be32();
            case CTA_TIMEOUT -> timeout = top.be32();
            case CTA_MARK -> mark = top.be32();
            case CTA_ID -> id = top.be32();
            case CTA_USE -> use = top.be32();
            case CTA_ZONE -> zone = top.be16();
            case CTA_PROTOINFO -> protocolInfo.read(top, cursors);
            case CTA_COUNTERS_ORIG -> be64s(countersOriginal, top.nestAt(cursors.members, PATH + "/CTA_COUNTERS_ORIG"));
            case CTA_COUNTERS_REPLY -> be64s(countersReply, top.nestAt(cursors.members, PATH + "/CTA_COUNTERS_REPLY"));
            case CTA_TIMESTAMP -> be64s(timestamp, top.nestAt(cursors.members, PATH + "/CTA_TIMESTAMP"));
            case CTA_TIMESTAMP_EVENT -> event = top.be64();
            case CTA_LABELS -> {
                labelsAt = top.offset();
                labelsLength = top.length();
            }
            default -> rare(type, top, cursors);
        }
    }

    private void rare(int type, AttributeCursor top, Cursors cursors) throws MalformedMessageException {
        AttributeCursor members = cursors.members;
        switch (type) {
            case CTA_TUPLE_MASTER -> {
                if (master == null) {
                    master = new TupleReader(TuplePath.MASTER);
                }
                master.read(top, cursors);
            }
            case CTA_HELP -> help(top.nestAt(members, PATH + "/CTA_HELP"));
            case CTA_SECCTX -> secctx(top.nestAt(members, PATH + "/CTA_SECCTX"));
            case CTA_SEQ_ADJ_ORIG -> sequenceOriginal = be32s(top.nestAt(members, PATH + "/CTA_SEQ_ADJ_ORIG"));
            case CTA_SEQ_ADJ_REPLY -> sequenceReply = be32s(top.nestAt(members, PATH + "/CTA_SEQ_ADJ_REPLY"));
            case CTA_SYNPROXY -> synProxy = be32s(top.nestAt(members, PATH + "/CTA_SYNPROXY"));
            case CTA_NAT_SRC -> sourceNat = NatReader.read(top.nestAt(members, PATH + "/CTA_NAT_SRC"), cursors.leaves);
            case CTA_NAT_DST ->
                destinationNat = NatReader.read(top.nestAt(members, PATH + "/CTA_NAT_DST"), cursors.leaves);
            default -> {} // newer kernels add some, and only requests carry others
        }
    }

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
            if (in.type() == NAME) {
                helperAt = in.offset();
                helperLength = in.textLength();
            } else if (in.type() == CTA_HELP_INFO) {
                helperInfoAt = in.offset();
                helperInfoLength = in.length();
            }
        }
    }

    private void secctx(AttributeCursor in) throws MalformedMessageException {
        securityContextLength = -1;
        while (in.next()) {
            if (in.type() == NAME) {
                securityContextAt = in.offset();
                securityContextLength = in.textLength();
            }
        }
    }

    boolean has(int code) {
        return (present & (1L << code)) != 0;
    }

    ByteOrder order() {
        return order;
    }

    TupleReader master() {
        return Objects.requireNonNull(master);
    }

    BitSet labels() {
        return LabelBits.read(new BytesView().wrap(buffer, labelsAt, labelsLength), order);
    }

    boolean hasHelper() {
        return helperLength >= 0;
    }

    boolean hasSecurityContext() {
        return securityContextLength >= 0;
    }

    /** The helper's name, or null if the nest lacks it. */
    @Nullable
    String helper() {
        return text(helperAt, helperLength);
    }

    BytesView helperInfo(BytesView view) {
        return view.wrap(buffer, helperInfoLength == 0 ? 0 : helperInfoAt, helperInfoLength);
    }

    /** The security context, or null if the nest lacks it. */
    @Nullable
    String securityContext() {
        return text(securityContextAt, securityContextLength);
    }

    private @Nullable String text(int at, int length) {
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        buffer.get(at, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    SequenceAdjustment sequence(Direction direction) {
        long[] words = Objects.requireNonNull(direction == Direction.ORIGINAL ? sequenceOriginal : sequenceReply);
        return new SequenceAdjustment(words[0], (int) words[1], (int) words[2]);
    }

    SynProxy synProxy() {
        long[] words = Objects.requireNonNull(synProxy);
        return new SynProxy(words[0], words[1], words[2]);
    }

    NatRange sourceNat() {
        return Objects.requireNonNull(sourceNat);
    }

    NatRange destinationNat() {
        return Objects.requireNonNull(destinationNat);
    }

    Optional<ProtocolInfo> protocolInfo() {
        return protocolInfo.info();
    }
}
