// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.Expression;
import java.util.Optional;
import java.util.Set;

/**
 * Translates addresses or ports, for the connection of the packet.
 *
 * <p>Follows {@code nft_nat.c}, {@code nft_masq.c} and {@code nft_redir.c}.
 *
 * @param kind the kind of translation
 * @param family the family of the addresses, in tables of family inet
 * @param addresses the new address: a constant, interval, prefix or lookup in a map, which may yield the port, too;
 *     empty for {@link Kind#MASQUERADE} and {@link Kind#REDIRECT}
 * @param ports the new port: a constant, interval or lookup in a map
 * @param flags how ports and addresses are chosen
 */
public record Nat(
        Kind kind,
        Optional<AddressFamily> family,
        Optional<Expression> addresses,
        Optional<Expression> ports,
        Set<Flag> flags)
        implements Statement {
    /** The kind of translation. */
    public enum Kind {
        /** The source becomes another one. */
        SNAT,
        /** The destination becomes another one. */
        DNAT,
        /** The source becomes the output device's address. */
        MASQUERADE,
        /** The destination becomes this host. */
        REDIRECT
    }

    /** How ports and addresses are chosen ({@code NF_NAT_RANGE_*}). */
    public enum Flag {
        /** The port is random: {@code random}. */
        RANDOM,
        /** The port is random for each connection: {@code fully-random}. */
        FULLY_RANDOM,
        /** A client always gets the same address: {@code persistent}. */
        PERSISTENT,
        /** The addresses are a prefix, whose rest is kept: {@code prefix}. */
        PREFIX
    }

    /**
     * Copies the flags.
     *
     * @throws IllegalArgumentException if an address is missing or must not be given
     */
    public Nat {
        flags = Set.copyOf(flags);
        boolean own = kind == Kind.MASQUERADE || kind == Kind.REDIRECT;
        if (own && addresses.isPresent()) {
            throw new IllegalArgumentException(kind + " takes no address");
        }
        if (!own && addresses.isEmpty() && ports.isEmpty()) {
            throw new IllegalArgumentException(kind + " needs an address or a port");
        }
    }
}
