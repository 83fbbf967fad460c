// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/** How messages are carried. Both are without encryption: use them on a network that is trusted, or in a tunnel. */
public enum IpfixTransport {
    /** One datagram for each message. Templates are repeated, and a datagram may be lost, which its number shows. */
    UDP,
    /** A stream of messages. A connection begins with its templates. */
    TCP
}
