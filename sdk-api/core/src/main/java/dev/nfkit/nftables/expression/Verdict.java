// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.expression;

/** What becomes of a packet: a statement of its own, or the data of a verdict map. */
public sealed interface Verdict extends Expression {
    /** The packet passes this base chain. */
    Verdict ACCEPT = Simple.ACCEPT;
    /** The packet is discarded. */
    Verdict DROP = Simple.DROP;
    /** The next rule decides. */
    Verdict CONTINUE = Simple.CONTINUE;
    /** The rule after the jump to this chain decides; in a base chain, its policy. */
    Verdict RETURN = Simple.RETURN;

    /**
     * Continues in another chain, and comes back if that decides nothing.
     *
     * @param chain a chain of the same table that is no base chain
     * @return the verdict
     */
    static Verdict jump(String chain) {
        return new Jump(chain);
    }

    /**
     * Continues in another chain, and does not come back.
     *
     * @param chain a chain of the same table that is no base chain
     * @return the verdict
     */
    static Verdict goTo(String chain) {
        return new Goto(chain);
    }

    /** A verdict without a chain. */
    enum Simple implements Verdict {
        /** The packet passes this base chain. */
        ACCEPT,
        /** The packet is discarded. */
        DROP,
        /** The next rule decides. */
        CONTINUE,
        /** The rule after the jump to this chain decides; in a base chain, its policy. */
        RETURN
    }

    /**
     * Continues in another chain, and comes back if that decides nothing.
     *
     * @param chain a chain of the same table that is no base chain
     */
    record Jump(String chain) implements Verdict {
        /**
         * Checks the name.
         *
         * @throws IllegalArgumentException if it is not a name of nftables
         */
        public Jump {
            Names.require("chain", chain);
        }
    }

    /**
     * Continues in another chain, and does not come back.
     *
     * @param chain a chain of the same table that is no base chain
     */
    record Goto(String chain) implements Verdict {
        /**
         * Checks the name.
         *
         * @throws IllegalArgumentException if it is not a name of nftables
         */
        public Goto {
            Names.require("chain", chain);
        }
    }
}
