package dev.nfkit.trace;

/** What an entry of a recording is. */
public enum TraceKind {
    /** A datagram that the program sent. */
    TO_KERNEL,
    /** A datagram that the program received. */
    FROM_KERNEL,
    /** The socket reported that it had lost datagrams before what follows (ENOBUFS). No datagram. */
    OVERRUN,
    /** A remark or a step, in the entry's comment. No datagram. */
    NOTE
}
