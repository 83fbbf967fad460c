// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import org.jspecify.annotations.Nullable;

/**
 * Drops the packet and answers ({@code nft_reject.c}).
 *
 * @param type the answer
 * @param code the code of ICMP or ICMPv6, or of {@code NFT_REJECT_ICMPX_*}, 0 to 255; null if there is none
 */
public record Reject(Type type, @Nullable Integer code) implements Instruction {
    /** {@code NFTA_REJECT_TYPE}. */
    static final Attribute TYPE = Attribute.be32(1);
    /** {@code NFTA_REJECT_ICMP_CODE}. */
    static final Attribute CODE = Attribute.u8(2);

    static final Format FORMAT =
            new Format("reject", in -> new Reject(in.choice(TYPE, Type.values()), in.smallOrNull(CODE)), TYPE, CODE);

    /** Answers ({@code enum nft_reject_types}), in the order of their numbers from 0. */
    public enum Type {
        /** ICMP or ICMPv6: unreachable, with the code of that protocol. */
        ICMP_UNREACH,
        /** TCP: reset. */
        TCP_RST,
        /** ICMP or ICMPv6: unreachable, with a code for both ({@code enum nft_reject_inet_code}). */
        ICMPX_UNREACH
    }

    /** Checks the range. */
    public Reject {
        Checks.range("code", code, 0, 0xff);
    }

    @Override
    public String name() {
        return FORMAT.name();
    }

    @Override
    public void write(AttributeSink to) {
        to.put(TYPE, type).put(CODE, code);
    }

    @Override
    public void print(TextLine line) {
        Integer number = code;
        line.number("type", type).number("code", number == null ? 0 : number.intValue());
    }
}
