package dev.nfkit.conntrack;

/** The two directions of a connection ({@code enum ip_conntrack_dir}). */
public enum Direction {
    /** From who began it. */
    ORIGINAL,
    /** Towards who began it. */
    REPLY
}
