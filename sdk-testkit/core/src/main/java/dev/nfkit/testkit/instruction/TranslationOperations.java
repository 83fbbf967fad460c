// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.instruction;

import dev.nfkit.nftables.bytecode.Translation;
import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.testkit.machine.AddressChange;
import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Registers16;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Instructions that translate addresses ({@code nft_nat.c}, {@code nft_masq.c}, {@code nft_redir.c}). */
final class TranslationOperations {
    private static final int LOCAL_OUT = 3;
    private static final byte[] NO_ADDRESS = {};

    private TranslationOperations() {}

    static Operation of(Translation translation) {
        if (translation instanceof Translation.Nat nat) {
            return nat(nat);
        }
        if (translation instanceof Translation.Masq masq) {
            return new Plain(masq, frame -> {
                byte[] address = own(frame.packet.out, frame.packet, "masquerade");
                decide(frame, true, address, address, false, masq.portMin(), masq.portMax());
            });
        }
        Translation.Redir redir = (Translation.Redir) translation;
        return new Plain(redir, frame -> {
            PacketState packet = frame.packet;
            byte[] address;
            if (packet.hook == LOCAL_OUT) {
                address = new byte[packet.addressLength()];
                address[address.length - 1] = 1;
                if (address.length == 4) {
                    address[0] = 127;
                }
            } else {
                address = own(packet.in, packet, "redirect");
            }
            decide(frame, false, address, address, false, redir.portMin(), redir.portMax());
        });
    }

    private static Operation nat(Translation.Nat nat) {
        Long given = nat.flags();
        long flags = given == null ? 0 : given;
        boolean source = nat.type() == Translation.Nat.Type.SNAT;
        boolean persistent = (flags & Translation.PERSISTENT) != 0;
        return new Plain(nat, frame -> {
            PacketState packet = frame.packet;
            if (nat.family().number() != packet.family) {
                return; // as if the rule did not have it
            }
            byte[] from = address(frame, nat.addressMin());
            byte[] to = nat.addressMax() == null ? from : address(frame, nat.addressMax());
            if ((flags & Translation.NETMAP) != 0) {
                from = mapped(packet, source, from, to);
                to = from;
            }
            decide(frame, source, from, to, persistent, nat.portMin(), nat.portMax());
        });
    }

    private static byte[] address(Frame frame, @Nullable Integer register) {
        if (register == null) {
            return NO_ADDRESS;
        }
        int at = Registers16.offset(register);
        return Arrays.copyOfRange(frame.registers.bytes(), at, at + frame.packet.addressLength());
    }

    /** The packet's address with the prefix of a network ({@code nft_nat_setup_netmap}). */
    private static byte[] mapped(PacketState packet, boolean source, byte[] from, byte[] to) {
        byte[] address = new byte[from.length];
        int at = packet.addressOffset(source);
        for (int i = 0; i < address.length; i++) {
            int prefix = ~(from[i] ^ to[i]);
            address[i] = (byte) ((packet.bytes[at + i] & ~prefix) | (from[i] & prefix));
        }
        return address;
    }

    private static void decide(
            Frame frame,
            boolean source,
            byte[] from,
            byte[] to,
            boolean persistent,
            @Nullable Integer first,
            @Nullable Integer last) {
        int firstPort = port(frame, first);
        int lastPort = last == null ? firstPort : port(frame, last);
        int low = Math.min(firstPort, lastPort);
        frame.around.translated(new AddressChange(source, from, to, persistent, low, Math.max(firstPort, lastPort)));
        frame.verdict = Verdict.NF_ACCEPT;
    }

    private static int port(Frame frame, @Nullable Integer register) {
        if (register == null) {
            return -1;
        }
        byte[] bytes = frame.registers.bytes();
        int at = Registers16.offset(register);
        return ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff);
    }

    private static byte[] own(@Nullable Device device, PacketState packet, String what) {
        if (device != null) {
            for (byte[] address : device.addresses()) {
                if (address.length == packet.addressLength()) {
                    return address;
                }
            }
        }
        throw new NotModelled(what + " by a device whose address the test does not state"
                + (device == null ? "" : ": " + device.name()));
    }
}
