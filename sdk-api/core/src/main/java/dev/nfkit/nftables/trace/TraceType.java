// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

/** What a trace message is about ({@code enum nft_trace_types}). */
public enum TraceType {
    /** The packet came to the end of a base chain, whose policy decides. */
    POLICY(1),
    /**
     * The packet came to the end of a chain, or a rule returned. Since Linux 6.7 the kernel sends {@link #RULE} instead.
     */
    RETURN(2),
    /** A rule matched. Without a handle the packet came to the end of a chain. */
    RULE(3);

    private final int number;

    TraceType(int number) {
        this.number = number;
    }

    /**
     * The kernel's number.
     *
     * @return 1 to 3
     */
    public int number() {
        return number;
    }
}
