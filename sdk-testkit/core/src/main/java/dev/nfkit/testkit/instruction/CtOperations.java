package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Ct;
import dev.nfkit.testkit.machine.ConnectionFacts;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Registers16;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Instructions that read and set what belongs to a connection ({@code nft_ct.c}). */
final class CtOperations {
    private static final int HELPER = 16;
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
            case EXPIRATION -> to.word(target, (int) facts.expirationMillis);
            case HELPER -> {
                if (facts.helper == null) {
                    frame.mismatch();
                } else {
                    to.store(target, Arrays.copyOf(facts.helper.getBytes(StandardCharsets.UTF_8), HELPER), 0, HELPER);
                }
            }
            case LABELS -> to.store(target, facts.labels, 0, LABELS);
            case PKTS -> to.u64(target, count(facts.packets, direction));
            case BYTES -> to.u64(target, count(facts.bytes, direction));
            case AVGPKT -> {
                long packets = count(facts.packets, direction);
                to.u64(target, packets == 0 ? 0 : count(facts.bytes, direction) / packets);
            }
            case ZONE -> to.u16(target, facts.zone);
            case L3PROTOCOL -> to.u8(target, packet.family);
            case PROTOCOL -> to.u8(target, packet.protocol);
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

    private static long count(long[] counts, Ct.@Nullable Direction direction) {
        if (direction == null) {
            return counts[0] + counts[1];
        }
        return counts[direction == Ct.Direction.ORIGINAL ? 0 : 1];
    }

    /** Whether the direction of the instruction is the one of the packet. */
    private static boolean same(ConnectionFacts facts, Ct.@Nullable Direction direction) {
        return (direction == Ct.Direction.REPLY) == facts.reply;
    }

    private static void address(
            Frame frame, ConnectionFacts facts, Ct.@Nullable Direction direction, boolean source, int target) {
        boolean ofPacket = source == same(facts, direction);
        byte[] given = ofPacket ? facts.source : facts.destination;
        PacketState packet = frame.packet;
        int length = packet.addressLength();
        if (given != null) {
            frame.registers.store(target, given, 0, length);
        } else {
            frame.registers.store(target, packet.bytes, packet.addressOffset(ofPacket), length);
        }
    }

    private static void port(
            Frame frame, ConnectionFacts facts, Ct.@Nullable Direction direction, boolean source, int target) {
        boolean ofPacket = source == same(facts, direction);
        int given = ofPacket ? facts.sourcePort : facts.destinationPort;
        PacketState packet = frame.packet;
        if (given < 0) {
            if (!packet.hasTransport() || packet.protocol == 1 || packet.protocol == 58) {
                throw new NotModelled(
                        "the ports of connections of protocol " + packet.protocol + ", unless the test states them");
            }
            given = packet.u16(packet.transport + (ofPacket ? 0 : 2));
        }
        frame.registers.be16(target, given);
    }

    private static Operation set(Ct.Set set) {
        int source = Registers16.offset(set.sreg());
        return new Plain(set, frame -> {
            ConnectionFacts facts = frame.packet.connection;
            if (facts == null || !facts.tracked()) {
                return;
            }
            switch (set.key()) {
                case MARK -> facts.mark = frame.registers.word(source);
                case ZONE -> facts.zone = frame.registers.u16(source);
                case LABELS -> {
                    for (int i = 0; i < LABELS; i++) {
                        facts.labels[i] |= frame.registers.bytes()[source + i];
                    }
                }
                default -> throw new NotModelled("setting ct " + set.key().word());
            }
        });
    }
}
