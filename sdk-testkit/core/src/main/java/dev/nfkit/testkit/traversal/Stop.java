// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

import dev.nfkit.testkit.ruleset.ChainState;
import java.util.List;

/** What is executed at a hook at one time: a base chain, connection tracking, or all chains that translate addresses. */
final class Stop {
    /** What a stop is. */
    enum Kind {
        CHAIN,
        CONNTRACK,
        NAT
    }

    private static final int CONNTRACK_PRIORITY = -200;
    private static final int DESTINATION_PRIORITY = -100;
    private static final int SOURCE_PRIORITY = 100;

    private final Kind kind;
    private final int priority;
    private final ChainState[] chains;

    private Stop(Kind kind, int priority, List<ChainState> chains) {
        this.kind = kind;
        this.priority = priority;
        this.chains = chains.toArray(new ChainState[0]);
    }

    static Stop conntrack() {
        return new Stop(Kind.CONNTRACK, CONNTRACK_PRIORITY, List.of());
    }

    static Stop chain(ChainState chain, int priority) {
        return new Stop(Kind.CHAIN, priority, List.of(chain));
    }

    /** All chains that translate addresses at a hook, in their order; perhaps none. */
    static Stop nat(int hook, List<ChainState> chains) {
        boolean destination = hook == Way.PREROUTING || hook == Way.OUTPUT;
        return new Stop(Kind.NAT, destination ? DESTINATION_PRIORITY : SOURCE_PRIORITY, chains);
    }

    Kind kind() {
        return kind;
    }

    int priority() {
        return priority;
    }

    ChainState[] chains() {
        return chains;
    }
}
