// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Meta;
import dev.nfkit.nftables.bytecode.MetaKey;
import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Registers16;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/** Instructions that read and set what belongs to a packet and is not in its bytes ({@code nft_meta.c}). */
final class MetaOperations {
    private static final int NETDEV = 5;
    private static final int POSTROUTING = 4;

    private MetaOperations() {}

    static Operation of(Meta meta) {
        if (meta instanceof Meta.Load load) {
            return load.key() == MetaKey.L4PROTO ? new LoadProtocol(load) : new Load(load);
        }
        return set((Meta.Set) meta);
    }

    /** The most frequent of them. */
    static final class LoadProtocol extends Operation {
        private final int target;

        LoadProtocol(Meta.Load load) {
            super(load);
            target = Registers16.offset(load.dreg());
        }

        @Override
        public void run(Frame frame) {
            int protocol = frame.packet.protocol;
            if (protocol < 0) {
                frame.mismatch();
            } else {
                frame.registers.u8(target, protocol);
            }
        }
    }

    private static final class Load extends Operation {
        private final MetaKey key;
        private final int target;

        Load(Meta.Load load) {
            super(load);
            key = load.key();
            target = Registers16.offset(load.dreg());
        }

        @Override
        public void run(Frame frame) {
            Registers16 to = frame.registers;
            PacketState packet = frame.packet;
            switch (key) {
                case LEN -> to.word(target, packet.bytes.length);
                case PROTOCOL -> to.be16(target, packet.etherType);
                case NFPROTO -> to.u8(target, packet.hookFamily == NETDEV ? NETDEV : packet.family);
                case PRIORITY -> to.word(target, packet.priority);
                case MARK -> to.word(target, packet.mark);
                case IIF -> to.word(target, index(packet.in));
                case OIF -> to.word(target, index(packet.out));
                case IIFNAME -> to.device(target, packet.in);
                case OIFNAME -> to.device(target, packet.out);
                case PKTTYPE -> to.u8(target, packet.type);
                case CPU -> to.word(target, 0);
                case PRANDOM -> to.word(target, frame.around.random());
                case SECPATH -> to.u8(target, 0);
                default -> rare(frame);
            }
        }

        private void rare(Frame frame) {
            Registers16 to = frame.registers;
            PacketState packet = frame.packet;
            switch (key) {
                case IIFTYPE -> ofDevice(frame, present(packet), true);
                case OIFTYPE -> ofDevice(frame, packet.out, true);
                case IIFGROUP -> ofDevice(frame, packet.in, false);
                case OIFGROUP -> ofDevice(frame, packet.out, false);
                case SKUID -> ofOwner(frame, packet.userId);
                case SKGID -> ofOwner(frame, packet.groupId);
                case TIME_NS -> to.u64(target, frame.around.epochNanos());
                case TIME_DAY -> to.u8(target, time(frame).getDayOfWeek().getValue() % 7);
                case TIME_HOUR -> to.word(target, time(frame).toLocalTime().toSecondOfDay());
                default -> throw new NotModelled("meta " + key.word());
            }
        }

        /** The device that the packet is at: since Linux 5.18 its type is what {@code iiftype} reads. */
        private static @Nullable Device present(PacketState packet) {
            return packet.hook == POSTROUTING ? packet.out : packet.in;
        }

        private void ofDevice(Frame frame, @Nullable Device device, boolean type) {
            if (device == null) {
                frame.mismatch();
            } else if (type) {
                frame.registers.u16(target, device.type());
            } else {
                frame.registers.word(target, device.group());
            }
        }

        private void ofOwner(Frame frame, long id) {
            if (id < 0) {
                frame.mismatch();
            } else {
                frame.registers.word(target, (int) id);
            }
        }
    }

    private static ZonedDateTime time(Frame frame) {
        return Instant.ofEpochSecond(0, frame.around.epochNanos()).atZone(ZoneOffset.UTC);
    }

    private static int index(@Nullable Device device) {
        return device == null ? 0 : device.index();
    }

    private static Operation set(Meta.Set set) {
        int source = Registers16.offset(set.sreg());
        return new Plain(set, frame -> {
            PacketState packet = frame.packet;
            switch (set.key()) {
                case MARK -> packet.mark = frame.registers.word(source);
                case PRIORITY -> packet.priority = frame.registers.word(source);
                case PKTTYPE -> packet.type = frame.registers.bytes()[source] & 0xff;
                case NFTRACE -> packet.traced = frame.registers.bytes()[source] != 0;
                default -> throw new NotModelled("setting meta " + set.key().word());
            }
        });
    }
}
