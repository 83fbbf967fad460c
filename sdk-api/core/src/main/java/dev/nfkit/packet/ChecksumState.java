package dev.nfkit.packet;

/** What a packet's checksum turned out to be. */
public enum ChecksumState {
    /** It is what the bytes give. */
    RIGHT,
    /** It is not what the bytes give: the packet was damaged, or somebody changed it and left the checksum. */
    WRONG,
    /**
     * It holds the sum of the pseudo header alone: the network card shall complete it ({@code CHECKSUM_PARTIAL} in the
     * kernel, {@code NFQA_SKB_CSUMNOTREADY} in NFQUEUE). Packets that this host sends look so, and those it received
     * merged (GRO).
     */
    NOT_READY,
    /** There is none: an IPv6 header has no checksum, and UDP may send 0 instead of one. */
    NONE,
    /**
     * It can't be told: the packet is no IP, is cut or a fragment, its headers contradict each other, a source route hides
     * its final address, or it carries something whose checksum is not known here.
     */
    UNKNOWN
}
