// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nfqueue;

import dev.nfkit.Bytes;
import dev.nfkit.packet.IcmpView;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.testkit.sample.NfqueueContents;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Models how connection tracking drops queued packets: a packet that enters a queue while its connection is unconfirmed
 * carries an entry of its own. When the packets are accepted, the entry of the first one is put into the table. Those
 * of the others clash with it, and {@code nf_ct_resolve_clash} drops the packets, except for protocols that allow a
 * clash. Requires the clock's lock.
 */
final class ConnectionClashes {
    private final Runnable clash;
    private final Set<String> confirmed = new HashSet<>();
    private final Map<NfqueueContents, String> unconfirmed = new WeakHashMap<>(); // compared by identity
    private boolean on;

    ConnectionClashes(Runnable clash) {
        this.clash = clash;
    }

    void on(boolean tracking) {
        on = tracking;
    }

    /** Notes that a packet enters a queue. */
    void entered(NfqueueContents packet) {
        String connection = on ? connection(packet) : null;
        if (connection != null && !confirmed.contains(connection)) {
            unconfirmed.put(packet, connection);
        }
    }

    /** Notes that a packet is accepted. Returns whether it is dropped. */
    boolean drops(NfqueueContents packet) {
        String connection = unconfirmed.remove(packet);
        if (connection == null || confirmed.add(connection) || allowed(connection)) {
            return false;
        }
        clash.run();
        return true;
    }

    /** The protocol comes first. */
    private static boolean allowed(String connection) {
        return switch (Integer.parseInt(connection.substring(0, connection.indexOf(' ')))) {
            case IpProtocol.ICMP, IpProtocol.ICMPV6, IpProtocol.TCP, IpProtocol.SCTP -> false;
            default -> true;
        };
    }

    /** A text that is equal for both directions of a connection; null if the packet is not tracked. */
    private static @Nullable String connection(NfqueueContents packet) {
        Bytes bytes = Bytes.of(packet.payload());
        IpSummary ip = new IpSummary();
        if (!ip.wrap(bytes)) {
            return null;
        }
        String source = ip.source();
        String destination = ip.destination();
        String more = "";
        IcmpView icmp = new IcmpView();
        if (ip.hasPorts()) {
            source += " " + ip.sourcePort();
            destination += " " + ip.destinationPort();
        } else if (ip.protocol() == IpProtocol.ICMP || ip.protocol() == IpProtocol.ICMPV6) {
            if (!icmp.wrap(bytes, ip.transportOffset()) || !icmp.isEcho()) {
                return null;
            }
            more = " " + icmp.id();
        }
        boolean forward = source.compareTo(destination) < 0;
        return ip.protocol() + " " + (forward ? source + " " + destination : destination + " " + source) + more;
    }
}
