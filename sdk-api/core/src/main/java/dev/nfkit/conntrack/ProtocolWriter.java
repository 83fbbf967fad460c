// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import dev.nfkit.conntrack.ProtocolUpdate.OfDccp;
import dev.nfkit.conntrack.ProtocolUpdate.OfSctp;
import dev.nfkit.conntrack.ProtocolUpdate.OfTcp;
import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.wire.MessageWriter;

/** Writes changes of a protocol's state ({@code CTA_PROTOINFO}). */
final class ProtocolWriter {
    private ProtocolWriter() {}

    static void write(MessageWriter writer, ProtocolUpdate update) {
        int info = writer.beginNest(Cta.PROTOINFO);
        if (update instanceof OfTcp tcp) {
            write(writer, tcp);
        } else if (update instanceof OfSctp sctp) {
            write(writer, sctp);
        } else if (update instanceof OfDccp dccp) {
            write(writer, dccp);
        }
        writer.endNest(info);
    }

    private static void write(MessageWriter writer, OfTcp update) {
        int tcp = writer.beginNest(Cta.PROTOINFO_TCP);
        update.state().ifPresent(known -> writer.u8(Cta.PROTOINFO_TCP_STATE, known.number()));
        if (update.maskOriginal() != 0) {
            writer.bytes(Cta.PROTOINFO_TCP_FLAGS_ORIGINAL, (byte) update.flagsOriginal(), (byte) update.maskOriginal());
        }
        if (update.maskReply() != 0) {
            writer.bytes(Cta.PROTOINFO_TCP_FLAGS_REPLY, (byte) update.flagsReply(), (byte) update.maskReply());
        }
        writer.endNest(tcp);
    }

    private static void write(MessageWriter writer, OfSctp update) {
        int sctp = writer.beginNest(Cta.PROTOINFO_SCTP);
        writer.u8(Cta.PROTOINFO_SCTP_STATE, update.state().number());
        writer.be32(Cta.PROTOINFO_SCTP_VTAG_ORIGINAL, update.vtagOriginal());
        writer.be32(Cta.PROTOINFO_SCTP_VTAG_REPLY, update.vtagReply());
        writer.endNest(sctp);
    }

    private static void write(MessageWriter writer, OfDccp update) {
        int dccp = writer.beginNest(Cta.PROTOINFO_DCCP);
        writer.u8(Cta.PROTOINFO_DCCP_STATE, update.state().number());
        writer.u8(Cta.PROTOINFO_DCCP_ROLE, update.role().number());
        writer.endNest(dccp);
    }
}
