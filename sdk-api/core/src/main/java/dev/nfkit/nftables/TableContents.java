// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import java.util.List;

/**
 * A table with all that it contains.
 *
 * @param table the table
 * @param objects its counters, quotas and other objects
 * @param sets its named sets and maps
 * @param elements the elements of those sets that have any
 * @param flowTables its flow tables
 * @param chains its chains
 * @param rules the rules of its chains, those of a chain in order
 */
public record TableContents(
        Table table,
        List<StatefulObject> objects,
        List<NftSet> sets,
        List<SetElements> elements,
        List<FlowTable> flowTables,
        List<Chain> chains,
        List<Rule> rules) {
    /** Copies the lists. */
    public TableContents {
        objects = List.copyOf(objects);
        sets = List.copyOf(sets);
        elements = List.copyOf(elements);
        flowTables = List.copyOf(flowTables);
        chains = List.copyOf(chains);
        rules = List.copyOf(rules);
    }
}
