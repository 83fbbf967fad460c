// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.trace;

/** The kind of an entry of a recording. */
public enum TraceKind {
    /** A datagram that the program sent. */
    TO_KERNEL,
    /** A datagram that the program received. */
    FROM_KERNEL,
    /** The socket reported that it had lost datagrams before the next entry (ENOBUFS). No datagram. */
    OVERRUN,
    /** A remark or a step, in the entry's comment. No datagram. */
    NOTE
}
