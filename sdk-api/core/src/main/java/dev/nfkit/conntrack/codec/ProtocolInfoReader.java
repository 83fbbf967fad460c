// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.codec;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;

/** Reads {@code CTA_PROTOINFO}, and allocates nothing. */
public final class ProtocolInfoReader {
    private static final int ABSENT = -1;
    private static final int NONE = 0;
    private static final String PATH = "IPCTNL_MSG_CT/CTA_PROTOINFO";

    /** The protocol: {@link Cta#PROTOINFO_TCP}, {@link Cta#PROTOINFO_DCCP}, {@link Cta#PROTOINFO_SCTP}, or 0. */
    public int kind;
    /** The state's number, or −1. */
    public int state;

    /** The attributes after the state, or −1. Their meaning depends on the protocol. */
    public long second;

    public long third;
    public long fourth;
    public long fifth;

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
                case Cta.PROTOINFO_TCP -> tcp(in.nestAt(cursors.leaves, PATH + "/CTA_PROTOINFO_TCP"));
                case Cta.PROTOINFO_DCCP -> dccp(in.nestAt(cursors.leaves, PATH + "/CTA_PROTOINFO_DCCP"));
                case Cta.PROTOINFO_SCTP -> sctp(in.nestAt(cursors.leaves, PATH + "/CTA_PROTOINFO_SCTP"));
                default -> {} // newer kernels add some
            }
        }
    }

    private void tcp(AttributeCursor in) throws MalformedMessageException {
        kind = Cta.PROTOINFO_TCP;
        while (in.next()) {
            switch (in.type()) {
                case Cta.PROTOINFO_TCP_STATE -> state = in.u8();
                case Cta.PROTOINFO_TCP_WSCALE_ORIGINAL -> second = in.u8();
                case Cta.PROTOINFO_TCP_WSCALE_REPLY -> third = in.u8();
                case Cta.PROTOINFO_TCP_FLAGS_ORIGINAL -> fourth = in.be16() >> 8; // u8 flags, u8 mask
                case Cta.PROTOINFO_TCP_FLAGS_REPLY -> fifth = in.be16() >> 8;
                default -> {} // newer kernels add some
            }
        }
    }

    private void dccp(AttributeCursor in) throws MalformedMessageException {
        kind = Cta.PROTOINFO_DCCP;
        while (in.next()) {
            switch (in.type()) {
                case Cta.PROTOINFO_DCCP_STATE -> state = in.u8();
                case Cta.PROTOINFO_DCCP_ROLE -> second = in.u8();
                case Cta.PROTOINFO_DCCP_HANDSHAKE_SEQ -> third = in.be64();
                default -> {} // newer kernels add some
            }
        }
    }

    private void sctp(AttributeCursor in) throws MalformedMessageException {
        kind = Cta.PROTOINFO_SCTP;
        while (in.next()) {
            switch (in.type()) {
                case Cta.PROTOINFO_SCTP_STATE -> state = in.u8();
                case Cta.PROTOINFO_SCTP_VTAG_ORIGINAL -> second = in.be32();
                case Cta.PROTOINFO_SCTP_VTAG_REPLY -> third = in.be32();
                default -> {} // newer kernels add some
            }
        }
    }

    boolean isTcp() {
        return kind == Cta.PROTOINFO_TCP;
    }
}
