// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Ct;
import dev.nfkit.nftables.bytecode.CtKey;
import dev.nfkit.testkit.machine.ConnectionFacts;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Registers16;
import org.jspecify.annotations.Nullable;

/** Instructions that read and set what belongs to a connection ({@code nft_ct.c}). */
final class CtOperations {
    private static final int LABELS = 16;

    private CtOperations() {}

    static Operation of(Ct ct) {
        return ct instanceof Ct.Load load ? load(load) : set((Ct.Set) ct);
    }

    private static Operation load(Ct.Load load) {
        int target = Registers16.offset(load.dreg());
        return new Plain(load, frame -> {
            ConnectionFacts facts = frame.packet.connection;
            switch (load.key()) {
                case STATE -> frame.registers.word(target, state(frame.packet));
                default -> {
                    if (facts == null || !facts.tracked()) {
                        frame.mismatch();
                    } else {
                        entry(frame, load, facts, target);
                    }
                }
            }
        });
    }

    private static int state(PacketState packet) {
        ConnectionFacts facts = packet.connection;
        if (packet.untracked) {
            return ConnectionFacts.UNTRACKED;
        }
        return facts == null ? ConnectionFacts.INVALID : facts.state;
    }

    private static void entry(Frame frame, Ct.Load load, ConnectionFacts facts, int target) {
        Registers16 to = frame.registers;
        PacketState packet = frame.packet;
        Ct.Direction direction = load.direction();
        switch (load.key()) {
            case DIRECTION -> to.u8(target, facts.reply ? 1 : 0);
            case STATUS -> to.word(target, facts.status);
            case MARK -> to.word(target, facts.mark);
            case LABELS -> to.store(target, facts.labels(), 0, LABELS);
            case HELPER -> frame.mismatch();
            // Connections are not counted unless the administrator wants it.
            case PKTS, BYTES, AVGPKT -> to.u64(target, 0);
            case ZONE -> to.u16(target, facts.zone);
            case L3PROTOCOL -> to.u8(target, packet.family);
            case PROTOCOL -> to.u8(target, facts.seen().protocol());
            case SRC -> address(frame, facts, direction, true, target);
            case DST -> address(frame, facts, direction, false, target);
            case SRC_IP, SRC_IP6, DST_IP, DST_IP6 -> {
                boolean four = load.key().word().endsWith("ip");
                if (four != (packet.family == PacketState.IPV4)) {
                    frame.mismatch();
                } else {
                    address(frame, facts, direction, load.key().word().startsWith("src"), target);
                }
            }
            case PROTO_SRC -> port(frame, facts, direction, true, target);
            case PROTO_DST -> port(frame, facts, direction, false, target);
            default -> throw new NotModelled("ct " + load.key().word());
        }
    }

    /** Whether the direction of the instruction is the one of the packet that connection tracking saw. */
    private static boolean same(ConnectionFacts facts, Ct.@Nullable Direction direction) {
        return (direction == Ct.Direction.REPLY) == facts.reply;
    }

    private static void address(
            Frame frame, ConnectionFacts facts, Ct.@Nullable Direction direction, boolean source, int target) {
        boolean seen = same(facts, direction);
        byte[] changed = seen ? null : source ? facts.newDestination : facts.newSource;
        if (changed != null) {
            frame.registers.store(target, changed, 0, changed.length);
        } else {
            facts.seen().address(source == seen, frame.registers, target);
        }
    }

    private static void port(
            Frame frame, ConnectionFacts facts, Ct.@Nullable Direction direction, boolean source, int target) {
        boolean seen = same(facts, direction);
        int changed = seen ? -1 : source ? facts.newDestinationPort : facts.newSourcePort;
        int port = changed >= 0 ? changed : facts.seen().port(source == seen);
        if (port < 0) {
            throw new NotModelled(
                    "the ports of connections of protocol " + facts.seen().protocol());
        }
        frame.registers.be16(target, port);
    }

    private static Operation set(Ct.Set set) {
        int source = Registers16.offset(set.sreg());
        return new Plain(set, frame -> {
            ConnectionFacts facts = frame.packet.connection;
            if (set.key() == CtKey.ZONE) { // only before connection tracking
                if (facts == null && !frame.packet.untracked) {
                    frame.packet.templateZone = frame.registers.u16(source);
                }
                return;
            }
            if (facts == null || !facts.tracked()) {
                return;
            }
            switch (set.key()) {
                case MARK -> facts.mark = frame.registers.word(source);
                case LABELS -> facts.label(frame.registers.bytes(), source);
                default -> throw new NotModelled("setting ct " + set.key().word());
            }
        });
    }
}
