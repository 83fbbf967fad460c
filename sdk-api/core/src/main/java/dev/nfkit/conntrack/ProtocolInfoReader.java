package dev.nfkit.conntrack;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import java.util.Optional;

/** Reads {@code CTA_PROTOINFO}; allocates only when it is requested. */
final class ProtocolInfoReader {
    private static final int ABSENT = -1;
    private static final int NONE = 0;
    private static final int TCP = 1;
    private static final int DCCP = 2;
    private static final int SCTP = 3;
    private static final int STATE = 1;
    private static final String PATH = "IPCTNL_MSG_CT/CTA_PROTOINFO";

    private int kind;
    private int state;

    /** The attributes after the state, whose meaning depends on the protocol. */
    private long second;

    private long third;
    private long fourth;
    private long fifth;

    void clear() {
        kind = NONE;
        state = ABSENT;
        second = ABSENT;
        third = ABSENT;
        fourth = ABSENT;
        fifth = ABSENT;
    }

    void read(AttributeCursor attribute, EntryReader.Cursors cursors) throws MalformedMessageException {
        clear();
        AttributeCursor in = attribute.nestAt(cursors.members, PATH);
        while (in.next()) {
            switch (in.type()) {
                case TCP -> tcp(in.nestAt(cursors.leaves, PATH + "/CTA_PROTOINFO_TCP"));
                case DCCP -> dccp(in.nestAt(cursors.leaves, PATH + "/CTA_PROTOINFO_DCCP"));
                case SCTP -> sctp(in.nestAt(cursors.leaves, PATH + "/CTA_PROTOINFO_SCTP"));
                default -> {} // newer kernels add some
            }
        }
    }

    private void tcp(AttributeCursor in) throws MalformedMessageException {
        kind = TCP;
        while (in.next()) {
            switch (in.type()) {
                case STATE -> state = in.u8();
                case 2 -> second = in.u8();
                case 3 -> third = in.u8();
                case 4 -> fourth = in.be16() >> 8; // u8 flags, u8 mask
                case 5 -> fifth = in.be16() >> 8;
                default -> {} // newer kernels add some
            }
        }
    }

    private void dccp(AttributeCursor in) throws MalformedMessageException {
        kind = DCCP;
        while (in.next()) {
            switch (in.type()) {
                case STATE -> state = in.u8();
                case 2 -> second = in.u8();
                case 3 -> third = in.be64();
                default -> {} // newer kernels add some
            }
        }
    }

    private void sctp(AttributeCursor in) throws MalformedMessageException {
        kind = SCTP;
        while (in.next()) {
            switch (in.type()) {
                case STATE -> state = in.u8();
                case 2 -> second = in.be32();
                case 3 -> third = in.be32();
                default -> {} // newer kernels add some
            }
        }
    }

    boolean isTcp() {
        return kind == TCP;
    }

    /** The state's number, or −1. */
    int state() {
        return state;
    }

    Optional<ProtocolInfo> info() {
        return switch (kind) {
            case TCP -> Optional.of(new ProtocolInfo.Tcp(state, (int) second, (int) third, (int) fourth, (int) fifth));
            case DCCP -> Optional.of(new ProtocolInfo.Dccp(state, (int) second, third));
            case SCTP -> Optional.of(new ProtocolInfo.Sctp(state, second, third));
            default -> Optional.empty();
        };
    }
}
