// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.NetlinkException;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.wire.MessageWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The requests that wait for their answers. Any thread: requests of an open session come from all threads. */
final class Requests {
    private static final long LAST_SEQUENCE = 0x7fff_ffffL;

    private final NetlinkSocket socket;
    private final List<Request> waiting = new ArrayList<>();
    private long sequence;

    Requests(NetlinkSocket socket) {
        this.socket = socket;
    }

    synchronized long nextSequence() {
        sequence = sequence >= LAST_SEQUENCE ? 1 : sequence + 1;
        return sequence;
    }

    /** Sends a request; its answer may be claimed before this returns. */
    Request post(String what, long number, MessageWriter writer) throws NetlinkException {
        Request request = new Request(what, number);
        add(request);
        boolean sent = false;
        try {
            socket.send(writer.datagram());
            sent = true;
        } finally {
            if (!sent) {
                remove(request);
            }
        }
        return request;
    }

    private synchronized void add(Request request) {
        waiting.add(request);
    }

    private synchronized void remove(Request request) {
        waiting.remove(request);
    }

    /** Takes the request with a sequence number, after its answer arrived; null if there is none. */
    synchronized @Nullable Request claim(long answered) {
        for (int i = 0; i < waiting.size(); i++) {
            if (waiting.get(i).sequence() == answered) {
                return waiting.remove(i);
            }
        }
        return null;
    }

    synchronized boolean anyUnanswered() {
        return !waiting.isEmpty();
    }

    /** Stops waiting for all requests. */
    synchronized void forget() {
        waiting.clear();
    }
}
