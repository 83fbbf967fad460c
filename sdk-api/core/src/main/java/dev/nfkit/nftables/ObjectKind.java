package dev.nfkit.nftables;

import dev.nfkit.nftables.codec.MessageTypes;

/** The kinds of objects, with the messages that create and remove them. */
enum ObjectKind {
    TABLE("table", MessageTypes.NEWTABLE, MessageTypes.DELTABLE, MessageTypes.DESTROYTABLE),
    CHAIN("chain", MessageTypes.NEWCHAIN, MessageTypes.DELCHAIN, MessageTypes.DESTROYCHAIN),
    RULE("rule", MessageTypes.NEWRULE, MessageTypes.DELRULE, MessageTypes.DESTROYRULE),
    SET("set", MessageTypes.NEWSET, MessageTypes.DELSET, MessageTypes.DESTROYSET),
    ELEMENTS("element", MessageTypes.NEWSETELEM, MessageTypes.DELSETELEM, MessageTypes.DESTROYSETELEM),
    OBJECT("object", MessageTypes.NEWOBJ, MessageTypes.DELOBJ, MessageTypes.DESTROYOBJ),
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
