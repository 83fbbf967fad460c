// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packet;

/** The state of a packet's checksum. */
public enum ChecksumState {
    /** It matches the bytes. */
    RIGHT,
    /** It does not match the bytes: the packet was damaged, or it was changed without updating the checksum. */
    WRONG,
    /**
     * It holds the sum of the pseudo header alone: the network card is to complete it ({@code CHECKSUM_PARTIAL} in the
     * kernel, {@code NFQA_SKB_CSUMNOTREADY} in NFQUEUE). Packets that this host sends are in this state, and those that
     * it received and merged (GRO).
     */
    NOT_READY,
    /** There is none: an IPv6 header has no checksum, and UDP may send 0 instead of one. */
    NONE,
    /**
     * It cannot be determined: the packet is not IP, is cut or a fragment, its headers contradict each other, a source
     * route hides its final address, or it carries something whose checksum is not known here.
     */
    UNKNOWN
}
