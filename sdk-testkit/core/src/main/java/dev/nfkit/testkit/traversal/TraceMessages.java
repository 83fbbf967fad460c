// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.trace.TraceAttribute;
import dev.nfkit.nftables.trace.TraceType;
import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.CodeRule;
import dev.nfkit.testkit.machine.ConnectionFacts;
import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.wire.MessageWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The trace messages of a packet ({@code nft_trace_notify} in {@code nf_tables_trace.c} of Linux 6.18). That kernel sends
 * {@code NFT_TRACETYPE_RULE} where earlier ones sent {@code NFT_TRACETYPE_RETURN}, since it compares a masked verdict.
 */
final class TraceMessages {
    private static final int LL_HSIZE = 20;
    private static final int NETWORK_HSIZE = 40;
    private static final int TRANSPORT_HSIZE = 20;
    /** What the kernel allocates, apart from the names: header, numbers and headers of the packet. */
    private static final int ALLOCATED = 272;

    private static final int HEADER = 4;
    private static final int SPREAD = 0x9e37_79b1;

    private final Deliveries deliveries;
    private final PacketState packet;
    private final int id;
    private int family;
    private boolean described;

    TraceMessages(Deliveries deliveries, PacketState packet, long seed) {
        this.deliveries = deliveries;
        this.packet = packet;
        this.id = (int) (seed + 1) * SPREAD;
    }

    /** The packet comes to a base chain of a table's family. */
    void begin(int tableFamily) {
        family = tableFamily;
        described = false;
    }

    void step(CodeChain chain, @Nullable CodeRule rule, int verdict, @Nullable CodeChain target) {
        int allocated = ALLOCATED + names(chain) + (target == null ? 0 : size(target.name()));
        send(allocated, writer -> {
            common(writer, chain, TraceType.RULE);
            if (rule != null) {
                writer.be64(TraceAttribute.RULE_HANDLE.code(), rule.handle());
            }
            int nest = writer.beginNest(TraceAttribute.VERDICT.code());
            writer.be32(TraceAttribute.Verdict.CODE.code(), verdict);
            if (target != null) {
                writer.string(TraceAttribute.Verdict.CHAIN.code(), target.name());
            }
            writer.endNest(nest);
        });
    }

    void policy(CodeChain chain, int policy) {
        send(ALLOCATED + names(chain), writer -> {
            common(writer, chain, TraceType.POLICY);
            writer.be32(TraceAttribute.POLICY.code(), policy == Verdict.NF_DROP ? Verdict.NF_DROP : Verdict.NF_ACCEPT);
        });
    }

    private static int names(CodeChain chain) {
        return size(chain.tableName()) + size(chain.name());
    }

    private static int size(String name) {
        return HEADER + ((name.getBytes(StandardCharsets.UTF_8).length + HEADER - 1) & -HEADER);
    }

    private interface Part {
        void write(MessageWriter writer);
    }

    private void send(int allocated, Part part) {
        boolean describes = !described;
        described = true;
        deliveries.trace(allocated, writer -> {
            writer.begin(MessageTypes.TRACE, 0, 0).nfgenmsg(family, 0);
            part.write(writer);
            if (packet.mark != 0) {
                writer.be32(TraceAttribute.MARK.code(), Integer.toUnsignedLong(packet.mark));
            }
            if (describes) {
                device(writer, TraceAttribute.IIF, TraceAttribute.IIFTYPE, packet.in);
                device(writer, TraceAttribute.OIF, TraceAttribute.OIFTYPE, packet.out);
                headers(writer);
                connection(writer);
            }
            writer.end();
        });
    }

    private void common(MessageWriter writer, CodeChain chain, TraceType type) {
        writer.be32(TraceAttribute.NFPROTO.code(), packet.family)
                .be32(TraceAttribute.TYPE.code(), type.number())
                .hostWords(TraceAttribute.ID.code(), id)
                .string(TraceAttribute.CHAIN.code(), chain.name())
                .string(TraceAttribute.TABLE.code(), chain.tableName());
    }

    private static void device(
            MessageWriter writer, TraceAttribute index, TraceAttribute type, @Nullable Device device) {
        if (device != null) {
            writer.be32(index.code(), device.index()).be16(type.code(), device.type());
        }
    }

    private void headers(MessageWriter writer) {
        boolean transport = packet.protocol != PacketState.NONE;
        int end = transport ? packet.transport : packet.bytes.length;
        bytes(writer, TraceAttribute.NETWORK_HEADER, packet.bytes, 0, Math.min(end, NETWORK_HSIZE));
        if (transport) {
            int length = Math.min(packet.bytes.length - packet.transport, TRANSPORT_HSIZE);
            bytes(writer, TraceAttribute.TRANSPORT_HEADER, packet.bytes, packet.transport, length);
        }
        bytes(writer, TraceAttribute.LL_HEADER, packet.link, 0, Math.min(packet.link.length, LL_HSIZE));
    }

    private static void bytes(MessageWriter writer, TraceAttribute attribute, byte[] from, int at, int length) {
        if (length > 0) {
            writer.bytes(attribute.code(), Arrays.copyOfRange(from, at, at + length));
        }
    }

    private void connection(MessageWriter writer) {
        ConnectionFacts facts = packet.connection;
        if (packet.untracked) {
            writer.be32(TraceAttribute.CT_STATE.code(), ConnectionFacts.UNTRACKED);
        } else if (facts != null && facts.tracked()) {
            writer.be32(TraceAttribute.CT_STATE.code(), facts.state)
                    .u8(TraceAttribute.CT_DIRECTION.code(), facts.reply ? 1 : 0)
                    .be32(TraceAttribute.CT_ID.code(), Integer.toUnsignedLong(~id));
            if (facts.status != 0) {
                writer.be32(TraceAttribute.CT_STATUS.code(), Integer.toUnsignedLong(facts.status));
            }
        }
    }
}
