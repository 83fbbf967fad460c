package dev.nfkit.netfilter;

/** How much of a packet the kernel copies to user space ({@code NFULNL_COPY_*}, {@code NFQNL_COPY_*}). */
public enum CopyMode {
    /** Nothing is sent. */
    NONE(0),
    /** The attributes, without a payload. */
    META(1),
    /** The attributes and the payload, up to the copy range. */
    PACKET(2);

    private final int number;

    CopyMode(int number) {
        this.number = number;
    }

    /**
     * The mode as the kernel knows it.
     *
     * @return 0, 1 or 2
     */
    public int number() {
        return number;
    }
}
