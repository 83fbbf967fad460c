// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.PrintableText;
import dev.nfkit.trace.TraceKind;
import org.jspecify.annotations.Nullable;

/** One socket of a recording: an interface of the file, and its netlink protocol. */
final class SocketOfRecording {
    private final int socket;
    private final int protocol;
    private final @Nullable String name;
    private byte @Nullable [] firstRequest;
    private boolean beginsUnasked;
    private long requests;
    private long received;

    SocketOfRecording(int socket, int protocol, @Nullable String name) {
        this.socket = socket;
        this.protocol = protocol;
        this.name = name;
    }

    boolean is(int wantedSocket, int wantedProtocol) {
        return socket == wantedSocket && protocol == wantedProtocol;
    }

    int socket() {
        return socket;
    }

    int protocol() {
        return protocol;
    }

    /** Adds an entry of the socket. */
    void see(EntryCursor entry) {
        if (entry.kind() == TraceKind.TO_KERNEL) {
            requests++;
            if (firstRequest == null) {
                firstRequest = entry.datagram().toArray();
            }
        } else {
            received++;
            beginsUnasked |= firstRequest == null;
        }
    }

    /** Its first sent datagram; null if it sent nothing. */
    byte @Nullable [] firstRequest() {
        return firstRequest;
    }

    /** Whether it received something before it had sent anything. */
    boolean beginsUnasked() {
        return beginsUnasked;
    }

    @Override
    public String toString() {
        return "recorded socket " + socket + (name == null ? "" : " (" + PrintableText.of(name) + ")") + ", " + requests
                + " requests and " + received + " received";
    }
}
