// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import org.jspecify.annotations.Nullable;

/** What the test states of routes and sockets, for {@code fib}, {@code rt} and {@code socket}. Mutable. */
public final class RouteFacts {
    /** The types of the addresses ({@code RTN_*}), or −1 if the test does not state. */
    public int sourceType = -1;

    public int destinationType = -1;
    /** The devices by which the addresses are reached; null with the flag below if by none. */
    public @Nullable Device sourceDevice;

    public @Nullable Device destinationDevice;
    public boolean sourceDeviceGiven;
    public boolean destinationDeviceGiven;
    public byte @Nullable [] nextHop;
    public int pathMss = -1;
    public boolean hasSocket;
    public boolean socketTransparent;
    public int socketMark;

    public RouteFacts() {}

    /** A copy. */
    public RouteFacts(RouteFacts other) {
        sourceType = other.sourceType;
        destinationType = other.destinationType;
        sourceDevice = other.sourceDevice;
        destinationDevice = other.destinationDevice;
        sourceDeviceGiven = other.sourceDeviceGiven;
        destinationDeviceGiven = other.destinationDeviceGiven;
        nextHop = other.nextHop;
        pathMss = other.pathMss;
        hasSocket = other.hasSocket;
        socketTransparent = other.socketTransparent;
        socketMark = other.socketMark;
    }
}
