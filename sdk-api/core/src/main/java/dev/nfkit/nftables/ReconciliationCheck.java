// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import java.util.List;

/**
 * A difference that the kernel takes: the result of {@link Nftables#check(Ruleset, ReconcileOptions)}.
 *
 * @param difference what would be changed; empty if the ruleset is as desired, and nothing was checked
 * @param partlyChecked as {@link BatchCheck#partlyChecked()}
 */
public record ReconciliationCheck(Difference difference, List<RulesetObject> partlyChecked) {
    /** Copies the list. */
    public ReconciliationCheck {
        partlyChecked = List.copyOf(partlyChecked);
    }
}
