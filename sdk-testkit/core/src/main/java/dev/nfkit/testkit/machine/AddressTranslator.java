// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Translates the addresses of a connection and its packet ({@code nf_nat_core.c}, {@code nf_nat_proto.c}). */
public final class AddressTranslator {
    private AddressTranslator() {}

    /** Carries out what a rule decided, for a new connection. */
    public static void translate(PacketState packet, ConnectionFacts facts, AddressChange change) {
        boolean source = change.source();
        Tuple seen = facts.seen();
        byte[] present = seen.address(source);
        int presentPort = seen.port(source);
        byte[] address = present;
        int port = presentPort;
        // The source stays if the rule permits it.
        if (!source || !permits(change, present) || !permits(change, presentPort)) {
            byte @Nullable [] destination = facts.newDestination;
            address = choose(
                    change,
                    present,
                    seen.address(true),
                    destination == null ? seen.address(false) : destination,
                    facts.zone);
            port = presentPort < 0 || permits(change, presentPort) ? presentPort : change.fromPort();
        }
        boolean changes = !Arrays.equals(address, present) || port != presentPort;
        if (source) {
            facts.newSource = address;
            facts.newSourcePort = port;
            facts.status |= changes ? ConnectionFacts.SRC_NAT : 0;
        } else {
            facts.newDestination = address;
            facts.newDestinationPort = port;
            facts.status |= changes ? ConnectionFacts.DST_NAT : 0;
        }
        if (changes) {
            Checksums.readdress(packet, source, address, port);
        }
    }

    private static boolean permits(AddressChange change, byte[] address) {
        return change.from().length == 0
                || (Arrays.compareUnsigned(address, change.from()) >= 0
                        && Arrays.compareUnsigned(address, change.to()) <= 0);
    }

    /** The kernel takes a random port for sources, unless it must stay; here it is the first that is permitted. */
    private static boolean permits(AddressChange change, int port) {
        return change.fromPort() < 0 || port < 0 || (port >= change.fromPort() && port <= change.toPort());
    }

    /** One of the permitted addresses ({@code find_best_ips_proto}). */
    private static byte[] choose(AddressChange change, byte[] present, byte[] source, byte[] destination, int zone) {
        byte[] from = change.from();
        byte[] to = change.to();
        if (from.length == 0) {
            return present;
        }
        if (Arrays.equals(from, to)) {
            return from;
        }
        int words = from.length / Registers16.WORD;
        Registers16 tuple = new Registers16();
        System.arraycopy(source, 0, tuple.bytes(), 0, source.length);
        Registers16 target = new Registers16();
        System.arraycopy(destination, 0, target.bytes(), 0, destination.length);
        int seed = change.persistent() ? 0 : target.word((words - 1) * Registers16.WORD) ^ zone;
        int hash = Jhash.of(tuple.bytes(), 0, 16, seed);
        byte[] chosen = new byte[from.length];
        boolean full = false;
        for (int word = 0; word < words; word++) {
            int at = word * Registers16.WORD;
            long low = full ? 0 : be32(from, at);
            long count = full ? 0xffffffffL : (be32(to, at) - low + 1) & 0xffffffffL;
            long value = low + ((Integer.toUnsignedLong(hash) * count) >>> Integer.SIZE);
            boolean last = true;
            for (int i = 0; i < Registers16.WORD; i++) {
                chosen[at + i] = (byte) (value >> (24 - 8 * i));
                last &= chosen[at + i] == to[at + i];
            }
            full |= !last;
            if (!change.persistent()) {
                // The kernel has replaced the word of a destination already.
                hash ^= change.source() ? target.word(at) : word(chosen, at);
            }
        }
        return chosen;
    }

    /** A word in host order. */
    private static int word(byte[] bytes, int at) {
        Registers16 registers = new Registers16();
        registers.store(0, bytes, at, Registers16.WORD);
        return registers.word(0);
    }

    private static long be32(byte[] bytes, int at) {
        long value = 0;
        for (int i = 0; i < Registers16.WORD; i++) {
            value = (value << 8) | (bytes[at + i] & 0xff);
        }
        return value;
    }
}
