// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/**
 * The operating system that a TCP SYN seems to come from, by its fingerprint.
 *
 * <p>Follows {@code nft_osf.c}.
 *
 * @param ttl how the time to live is compared
 * @param version whether the version is part of the result
 */
public record OsFingerprint(Ttl ttl, boolean version) implements Selector {
    /** How the time to live is compared ({@code NF_OSF_TTL_*}): the constants' order is the kernel's. */
    public enum Ttl {
        /** The time to live is the fingerprint's or, on the way, less. */
        STRICT,
        /** The time to live is at most the fingerprint's. */
        LOOSE,
        /** The time to live is not compared. */
        SKIP
    }

    @Override
    public DataType type() {
        return DataType.STRING;
    }

    @Override
    public int bits() {
        return 16 * Byte.SIZE;
    }
}
