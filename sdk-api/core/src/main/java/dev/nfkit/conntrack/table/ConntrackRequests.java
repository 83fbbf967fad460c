package dev.nfkit.conntrack.table;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.wire.MessageWriter;

/** The common parts of requests about connections. */
final class ConntrackRequests {
    private ConntrackRequests() {}

    /** Writes a tuple and its zone, which identify a connection. */
    static void tuple(MessageWriter writer, ConntrackAttribute attribute, ConntrackTuple tuple, int zone) {
        tuple.writeTo(writer, attribute.code());
        if (zone != 0) {
            writer.be16(ConntrackAttribute.ZONE.code(), zone);
        }
    }
}
