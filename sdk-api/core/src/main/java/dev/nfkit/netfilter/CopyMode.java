// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.netfilter;

/** The part of a packet that the kernel copies to user space ({@code NFULNL_COPY_*}, {@code NFQNL_COPY_*}). */
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
     * The kernel's number of the mode.
     *
     * @return 0, 1 or 2
     */
    public int number() {
        return number;
    }
}
