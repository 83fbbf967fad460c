// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import java.util.List;

/**
 * A batch that the kernel takes: the result of {@link Nftables#check(Batch)}.
 *
 * @param generation the state of the ruleset that it was checked for, as {@link Generation#id()}; {@link Batch#onlyIf} applies the
 *     batch to that state only
 * @param partlyChecked what was not checked completely. Of a table that the batch makes, the kernel reads all, but it does not
 *     search it for loops of jumps, or for statements that the hook of their chain does not permit. A new base chain of a table
 *     that exists was checked as a regular chain: neither its hook, type and priority nor whether its rules are permitted
 *     there
 */
public record BatchCheck(long generation, List<RulesetObject> partlyChecked) {
    /** Copies the list. */
    public BatchCheck {
        partlyChecked = List.copyOf(partlyChecked);
    }
}
