// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

/** A translation of addresses that a rule decided. */
public final class AddressChange {
    private final boolean source;
    private final byte[] from;
    private final byte[] to;
    private final boolean persistent;
    private final int fromPort;
    private final int toPort;

    /**
     * Describes a translation.
     *
     * @param source whether the source is translated; otherwise the destination
     * @param from the first of the permitted addresses, empty if the address stays
     * @param to the last of them
     * @param persistent whether a client always gets the same address of several
     * @param fromPort the first of the permitted ports, or −1 if the port stays
     * @param toPort the last of them
     */
    public AddressChange(boolean source, byte[] from, byte[] to, boolean persistent, int fromPort, int toPort) {
        this.source = source;
        this.from = from;
        this.to = to;
        this.persistent = persistent;
        this.fromPort = fromPort;
        this.toPort = toPort;
    }

    public boolean source() {
        return source;
    }

    byte[] from() {
        return from;
    }

    byte[] to() {
        return to;
    }

    boolean persistent() {
        return persistent;
    }

    int fromPort() {
        return fromPort;
    }

    int toPort() {
        return toPort;
    }
}
