// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.wire.MessageWriter;
import java.util.OptionalLong;

/**
 * An object of the ruleset: an immutable value to add, change or delete by a {@link Batch}, or one that was listed. Only
 * listed objects, and events, have a handle.
 */
public abstract sealed class RulesetObject permits Table, Chain, Rule, NftSet, SetElements, StatefulObject, FlowTable {
    private final TableId table;

    RulesetObject(TableId table) {
        this.table = table;
    }

    /**
     * The table that the object belongs to, or that it is.
     *
     * @return the table's family and name
     */
    public final TableId table() {
        return table;
    }

    /**
     * The number by which the kernel identifies the object in its table, or the table in its namespace.
     *
     * @return the handle, from 1; empty if the object was not listed
     */
    public abstract OptionalLong handle();

    /** The messages that concern objects of this kind. */
    abstract ObjectKind kind();

    /** Writes the attributes that make the object. */
    abstract void writeNew(MessageWriter writer);

    /** Writes the attributes that identify the object: by its handle if it has one. */
    abstract void writeKey(MessageWriter writer);

    /**
     * Kind, family, table and name as nft writes them, safe to print.
     *
     * @return text such as {@code chain inet nfkit input}
     */
    @Override
    public abstract String toString();
}
