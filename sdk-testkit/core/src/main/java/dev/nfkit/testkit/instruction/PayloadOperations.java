// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.testkit.machine.Checksums;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Registers16;

/** Instructions that read and write bytes of the packet ({@code nft_payload.c}). */
final class PayloadOperations {
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int UDPLITE = 136;

    private PayloadOperations() {}

    static Operation of(Payload payload) {
        if (payload instanceof Payload.Load load) {
            if (load.base() == Payload.Base.NETWORK) {
                return new LoadNetwork(load);
            }
            return isFast(load) ? new LoadTransport(load) : new Load(load);
        }
        return new Write((Payload.Write) payload);
    }

    /** The start of a header in the bytes; −1 if there is none. */
    private static int start(Payload.Base base, PacketState packet) {
        return switch (base) {
            case NETWORK -> 0;
            case TRANSPORT -> packet.hasTransport() ? packet.transport : -1;
            case INNER -> inner(packet);
            default -> throw new NotModelled("the payload base " + base);
        };
    }

    private static int inner(PacketState packet) {
        if (!packet.hasTransport()) {
            return -1;
        }
        int at = packet.transport;
        switch (packet.protocol) {
            case UDP, UDPLITE -> {
                return at + 8;
            }
            case TCP -> {
                return at + 20 > packet.bytes.length ? -1 : at + ((packet.bytes[at + 12] >> 4) & 0xf) * 4;
            }
            case 4, 41 -> {
                return at;
            }
            case 47, 132 -> throw new NotModelled("what GRE and SCTP carry (@ih)");
            default -> {
                return -1;
            }
        }
    }

    /**
     * The kernel loads 1, 2 or 4 aligned bytes of the transport header without asking whether the packet is a later
     * fragment: its bytes at this place are then data ({@code nft_payload_fast_eval} in {@code nf_tables_core.c}).
     */
    private static boolean isFast(Payload.Load load) {
        int length = load.length();
        return load.base() == Payload.Base.TRANSPORT
                && (length == 1 || length == 2 || length == 4)
                && load.offset() % length == 0;
    }

    static final class LoadTransport extends Operation {
        private final int offset;
        private final int length;
        private final int target;

        LoadTransport(Payload.Load load) {
            super(load);
            offset = load.offset();
            length = load.length();
            target = Registers16.offset(load.dreg());
        }

        @Override
        public void run(Frame frame) {
            PacketState packet = frame.packet;
            int at = packet.transport + offset;
            if (packet.protocol == PacketState.NONE || at + length > packet.bytes.length) {
                frame.mismatch();
            } else {
                frame.registers.store(target, packet.bytes, at, length);
            }
        }
    }

    static final class LoadNetwork extends Operation {
        private final int offset;
        private final int length;
        private final int target;

        LoadNetwork(Payload.Load load) {
            super(load);
            offset = load.offset();
            length = load.length();
            target = Registers16.offset(load.dreg());
        }

        @Override
        public void run(Frame frame) {
            byte[] bytes = frame.packet.bytes;
            if (offset + length > bytes.length) {
                frame.mismatch();
            } else {
                frame.registers.store(target, bytes, offset, length);
            }
        }
    }

    private static final class Load extends Operation {
        private final Payload.Base base;
        private final int offset;
        private final int length;
        private final int target;

        Load(Payload.Load load) {
            super(load);
            base = load.base();
            offset = load.offset();
            length = load.length();
            target = Registers16.offset(load.dreg());
        }

        @Override
        public void run(Frame frame) {
            PacketState packet = frame.packet;
            if (base == Payload.Base.LINK) {
                if (packet.link.length == 0 || offset + length > packet.link.length + packet.bytes.length) {
                    frame.mismatch();
                    return;
                }
                byte[] joined = new byte[length];
                for (int i = 0; i < length; i++) {
                    int at = offset + i;
                    joined[i] = at < packet.link.length ? packet.link[at] : packet.bytes[at - packet.link.length];
                }
                frame.registers.store(target, joined, 0, length);
                return;
            }
            int start = start(base, packet);
            int at = start + offset;
            if (start < 0 || at + length > packet.bytes.length) {
                frame.mismatch();
                return;
            }
            frame.registers.store(target, packet.bytes, at, length);
        }
    }

    private static final class Write extends Operation {
        private final Payload.Write write;
        private final int source;

        Write(Payload.Write write) {
            super(write);
            this.write = write;
            this.source = Registers16.offset(write.sreg());
        }

        @Override
        public void run(Frame frame) {
            PacketState packet = frame.packet;
            if (write.base() == Payload.Base.LINK) {
                throw new NotModelled("writing the link-layer header");
            }
            int start = start(write.base(), packet);
            int at = start + write.offset();
            int length = write.length();
            if (start < 0 || at + length > packet.bytes.length) {
                frame.mismatch();
                return;
            }
            byte[] registers = frame.registers.bytes();
            long before = Checksums.sum(packet.bytes, at, length);
            long after = Checksums.sum(registers, source, length);
            if ((at & 1) != 0) {
                before <<= 8;
                after <<= 8;
            }
            if (write.checksum() == Payload.Checksum.SCTP) {
                throw new NotModelled("the checksum of SCTP");
            }
            if (write.checksum() == Payload.Checksum.INET) {
                int checksum = start + write.checksumOffset();
                if (checksum + 2 > packet.bytes.length) {
                    frame.mismatch();
                    return;
                }
                boolean none =
                        write.base() == Payload.Base.TRANSPORT && packet.protocol == UDP && packet.u16(checksum) == 0;
                if (!none) {
                    packet.u16(checksum, Checksums.replace(packet.u16(checksum), before, after));
                }
            }
            if ((write.flags() & Payload.L4CSUM_PSEUDOHDR) != 0) {
                int checksum = Checksums.transportOffset(packet);
                if (checksum >= 0) {
                    packet.u16(checksum, Checksums.replace(packet.u16(checksum), before, after));
                }
            }
            packet.write(at, registers, source, length);
        }
    }
}
