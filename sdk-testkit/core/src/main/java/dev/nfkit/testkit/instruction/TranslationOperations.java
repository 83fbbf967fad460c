package dev.nfkit.testkit.instruction;

import dev.nfkit.Bytes;
import dev.nfkit.nftables.bytecode.Translation;
import dev.nfkit.nftables.bytecode.Verdict;
import dev.nfkit.testkit.machine.AddressChange;
import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.Frame;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.machine.Operation;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.machine.Registers16;
import org.jspecify.annotations.Nullable;

/** Instructions that translate addresses ({@code nft_nat.c}, {@code nft_masq.c}, {@code nft_redir.c}). */
final class TranslationOperations {
    private static final int LOCAL_OUT = 3;

    private TranslationOperations() {}

    static Operation of(Translation translation) {
        if (translation instanceof Translation.Nat nat) {
            return nat(nat);
        }
        if (translation instanceof Translation.Masq masq) {
            return new Plain(masq, frame -> {
                byte[] address = own(frame.packet.out, frame.packet, "masquerade");
                decide(frame, true, address, masq.portMin(), masq.portMax());
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
            decide(frame, false, address, redir.portMin(), redir.portMax());
        });
    }

    private static Operation nat(Translation.Nat nat) {
        Long flags = nat.flags();
        boolean netmap = flags != null && (flags & Translation.NETMAP) != 0;
        return new Plain(nat, frame -> {
            if (netmap) {
                throw new NotModelled("the translation of networks (prefix to)");
            }
            byte[] address = null;
            Integer register = nat.addressMin();
            if (register != null) {
                address = new byte[frame.packet.addressLength()];
                System.arraycopy(frame.registers.bytes(), Registers16.offset(register), address, 0, address.length);
            }
            decide(frame, nat.type() == Translation.Nat.Type.SNAT, address, nat.portMin(), nat.portMax());
        });
    }

    private static void decide(
            Frame frame, boolean source, byte @Nullable [] address, @Nullable Integer first, @Nullable Integer last) {
        int from = port(frame, first);
        int to = last == null ? from : port(frame, last);
        frame.around.translated(new AddressChange(source, address == null ? null : Bytes.of(address), from, to));
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
