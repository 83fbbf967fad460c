// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.UnknownReason;
import java.nio.ByteBuffer;

/** Finds the kind of a record, which selects its template. One thread at a time. */
final class FlowKinds {
    /** The record does not have what all templates need: addresses and a protocol. */
    static final int NONE = -1;

    private static final int ADDRESS = 16;

    private final ByteBuffer addresses = ByteBuffer.allocate(4 * ADDRESS);

    int of(FlowRecord flow) {
        ConntrackTuple original = flow.original();
        ConntrackTuple reply = flow.reply();
        if (!isComplete(original) || !isComplete(reply) || !areAlike(original, reply)) {
            return NONE;
        }
        int kind = original.family().equals(AddressFamily.IPV6) ? Part.IPV6_BIT : 0;
        if (original.hasPorts()) {
            kind |= Part.PORTS_BIT;
        } else if (original.hasIcmp()) {
            kind |= Part.ICMP_BIT;
        }
        return kind | (isTranslated(original, reply) ? Part.NAT_BIT : 0) | process(flow.process());
    }

    private static boolean isComplete(ConntrackTuple tuple) {
        return tuple.hasAddresses() && tuple.hasProtocol();
    }

    private static boolean areAlike(ConntrackTuple original, ConntrackTuple reply) {
        return original.family().equals(reply.family())
                && original.protocol() == reply.protocol()
                && original.hasPorts() == reply.hasPorts()
                && original.hasIcmp() == reply.hasIcmp();
    }

    /** As {@link FlowRecord#translated}, without objects. */
    private boolean isTranslated(ConntrackTuple original, ConntrackTuple reply) {
        if (original.hasPorts()
                && (original.sourcePort() != reply.destinationPort()
                        || original.destinationPort() != reply.sourcePort())) {
            return true;
        }
        addresses.clear();
        original.putSource(addresses);
        original.putDestination(addresses);
        int length = addresses.position();
        reply.putDestination(addresses);
        reply.putSource(addresses);
        for (int i = 0; i < length; i += Long.BYTES) {
            if (addresses.getLong(i) != addresses.getLong(length + i)) {
                return true;
            }
        }
        return false;
    }

    private static int process(Attribution process) {
        if (process instanceof Attribution.Unknown unknown) {
            boolean asked =
                    unknown.reason() != UnknownReason.NOT_ASKED || unknown.uid().isPresent();
            return asked ? Part.UNKNOWN_BIT : 0;
        }
        return Part.KNOWN_BIT;
    }
}
