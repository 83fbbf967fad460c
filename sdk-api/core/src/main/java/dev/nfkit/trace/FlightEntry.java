// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** An entry that a flight recorder holds: a datagram, or the text of a note or an overrun. */
record FlightEntry(long number, TraceKind kind, int socket, long epochNanos, ByteBuffer content, boolean truncated) {
    TraceEntry at(int protocol) {
        Bytes bytes = new BytesView().wrap(content, 0, content.capacity());
        boolean text = kind == TraceKind.NOTE || kind == TraceKind.OVERRUN;
        return new TraceEntry(
                kind,
                epochNanos,
                protocol,
                text ? new BytesView() : bytes,
                truncated,
                text ? new String(bytes.toArray(), StandardCharsets.UTF_8) : null);
    }

    FlightEntry with(ByteBuffer other) {
        return new FlightEntry(number, kind, socket, epochNanos, other, truncated);
    }
}
