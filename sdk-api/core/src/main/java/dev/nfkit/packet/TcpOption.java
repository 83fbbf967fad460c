// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

/** Kinds of TCP options (IANA's numbers; {@code TCPOPT_*} in {@code net/tcp.h}). */
public final class TcpOption {
    /** The options end here; a walk ends before it. */
    public static final int END = 0;
    /** One byte of padding. */
    public static final int NO_OPERATION = 1;
    /** The largest segment that the sender takes, 2 bytes (RFC 9293). */
    public static final int MAXIMUM_SEGMENT_SIZE = 2;
    /** The shift of windows in bits, 1 byte (RFC 7323). */
    public static final int WINDOW_SCALE = 3;
    /** Selective acknowledgements are accepted (RFC 2018). */
    public static final int SACK_PERMITTED = 4;
    /** Selective acknowledgements: 8 bytes a block (RFC 2018). */
    public static final int SACK = 5;
    /** The sender's clock and the echo of the peer's, 4 bytes each (RFC 7323). */
    public static final int TIMESTAMPS = 8;
    /** A signature, MD5 (RFC 2385): it covers addresses, ports and payload. */
    public static final int MD5_SIGNATURE = 19;
    /** A signature, TCP-AO (RFC 5925): it covers addresses, payload, and by default ports. */
    public static final int AUTHENTICATION = 29;
    /** Multipath TCP (RFC 8684). */
    public static final int MULTIPATH = 30;
    /** A Fast Open cookie (RFC 7413). */
    public static final int FAST_OPEN = 34;

    private TcpOption() {}
}
