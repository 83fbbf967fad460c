// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.codec.MessageTypes;

/** The kinds of objects of the ruleset. */
public enum ObjectKind {
    /** A {@link Table}. */
    TABLE("table", MessageTypes.NEWTABLE, MessageTypes.DELTABLE, MessageTypes.DESTROYTABLE),
    /** A {@link Chain}. */
    CHAIN("chain", MessageTypes.NEWCHAIN, MessageTypes.DELCHAIN, MessageTypes.DESTROYCHAIN),
    /** A {@link Rule}. */
    RULE("rule", MessageTypes.NEWRULE, MessageTypes.DELRULE, MessageTypes.DESTROYRULE),
    /** A {@link NftSet}, which may be a map. */
    SET("set", MessageTypes.NEWSET, MessageTypes.DELSET, MessageTypes.DESTROYSET),
    /** {@link SetElements} of a set or map. */
    ELEMENTS("element", MessageTypes.NEWSETELEM, MessageTypes.DELSETELEM, MessageTypes.DESTROYSETELEM),
    /** A {@link StatefulObject}: a counter, a quota or another. */
    OBJECT("object", MessageTypes.NEWOBJ, MessageTypes.DELOBJ, MessageTypes.DESTROYOBJ),
    /** A {@link FlowTable}. */
    FLOW_TABLE("flowtable", MessageTypes.NEWFLOWTABLE, MessageTypes.DELFLOWTABLE, MessageTypes.DESTROYFLOWTABLE);

    private final String word;
    private final int created;
    private final int deleted;
    private final int destroyed;

    ObjectKind(String word, int created, int deleted, int destroyed) {
        this.word = word;
        this.created = created;
        this.deleted = deleted;
        this.destroyed = destroyed;
    }

    String word() {
        return word;
    }

    int created() {
        return created;
    }

    int deleted() {
        return deleted;
    }

    int destroyed() {
        return destroyed;
    }
}
