// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.wire.MessageWriter;
import org.jspecify.annotations.Nullable;

/**
 * What happens next ({@code NFTA_VERDICT_*}, {@code nft_verdict_init} in {@code nf_tables_api.c}). Jump and goto have a
 * chain: by name, or in a transaction by the id that it gave to the chain.
 *
 * @param code {@code NF_ACCEPT}, {@code NF_DROP}, {@code NF_QUEUE} (with the queue's number in the upper 16 bits), or a
 *     negative one of nf_tables
 * @param chain the name of the chain, or null
 * @param chainId the id of the chain, 0 to 2³²−1, or null
 */
public record Verdict(
        int code, @Nullable String chain, @Nullable Long chainId) implements Data {
    /** {@code NF_DROP}. */
    public static final int NF_DROP = 0;
    /** {@code NF_ACCEPT}. */
    public static final int NF_ACCEPT = 1;
    /** {@code NF_QUEUE}. */
    public static final int NF_QUEUE = 3;
    /** {@code NFT_CONTINUE}. */
    public static final int NFT_CONTINUE = -1;
    /** {@code NFT_BREAK}. */
    public static final int NFT_BREAK = -2;
    /** {@code NFT_JUMP}. */
    public static final int NFT_JUMP = -3;
    /** {@code NFT_GOTO}. */
    public static final int NFT_GOTO = -4;
    /** {@code NFT_RETURN}. */
    public static final int NFT_RETURN = -5;

    /** {@code NFTA_VERDICT_CODE}: be32. */
    static final int CODE = 1;
    /** {@code NFTA_VERDICT_CHAIN}: text. */
    static final int CHAIN = 2;
    /** {@code NFTA_VERDICT_CHAIN_ID}: be32. */
    static final int CHAIN_ID = 3;

    /** Accepts the packet. */
    public static final Verdict ACCEPT = new Verdict(NF_ACCEPT, null, null);
    /** Drops the packet. */
    public static final Verdict DROP = new Verdict(NF_DROP, null, null);
    /** Continues with the next instruction. */
    public static final Verdict CONTINUE = new Verdict(NFT_CONTINUE, null, null);
    /** Ends the rule. */
    public static final Verdict BREAK = new Verdict(NFT_BREAK, null, null);
    /** Ends the chain. */
    public static final Verdict RETURN = new Verdict(NFT_RETURN, null, null);

    private static final int VERDICT_MASK = 0xff;

    /** Checks that the code is one of the kernel's, and that exactly jump and goto have a chain. */
    public Verdict {
        int kind = code >= 0 ? code & VERDICT_MASK : code;
        if (kind != NF_DROP && kind != NF_ACCEPT && kind != NF_QUEUE && (kind > NFT_CONTINUE || kind < NFT_RETURN)) {
            throw new IllegalArgumentException("verdict " + code + " does not exist");
        }
        boolean jumps = code == NFT_JUMP || code == NFT_GOTO;
        if (jumps != (chain != null || chainId != null)) {
            throw new IllegalArgumentException("jump and goto need a chain, other verdicts have none");
        }
        if (chain != null) {
            Checks.name("chain", chain);
        }
        Checks.u32("id of the chain", chainId);
    }

    /**
     * Calls a chain.
     *
     * @param chain its name
     * @return the verdict
     */
    public static Verdict jump(String chain) {
        return new Verdict(NFT_JUMP, chain, null);
    }

    /**
     * Continues in a chain and does not return.
     *
     * @param chain its name
     * @return the verdict
     */
    public static Verdict goTo(String chain) {
        return new Verdict(NFT_GOTO, chain, null);
    }

    @Override
    public void writeContent(MessageWriter writer) {
        int nest = writer.beginNest(VERDICT);
        writer.be32(CODE, code);
        String name = chain;
        if (name != null) {
            writer.string(CHAIN, name);
        }
        Long id = chainId;
        if (id != null) {
            writer.be32(CHAIN_ID, id);
        }
        writer.endNest(nest);
    }

    /**
     * libnftnl's name of the verdict ({@code nftnl_verdict2str}).
     *
     * @return a word such as {@code accept}
     */
    public String word() {
        return switch (code) {
            case NF_DROP -> "drop";
            case NF_ACCEPT -> "accept";
            case NF_QUEUE -> "queue";
            case NFT_CONTINUE -> "continue";
            case NFT_BREAK -> "break";
            case NFT_JUMP -> "jump";
            case NFT_GOTO -> "goto";
            case NFT_RETURN -> "return";
            default -> "unknown";
        };
    }
}
