// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import java.util.ArrayList;
import java.util.List;

/**
 * What {@link Nftables#reconcile(Ruleset, ReconcileOptions)} may change.
 *
 * <pre>{@code
 * nftables.reconcile(ruleset, ReconcileOptions.DEFAULT.remove(TableId.inet("old")).keepBaseChains());
 * }</pre>
 *
 * @param removed tables that are removed with all that they contain, if they exist
 * @param exact whether the elements of all sets are made those of the desired ruleset. Otherwise these sets keep elements that
 *     the desired ruleset does not contain, because packets or programs may have added them: sets with the flag {@code
 *     dynamic} or {@code timeout}, and sets that the desired ruleset declares without elements
 * @param keepsBaseChains whether a difference that removes a base chain is refused ({@link BaseChainRemovalException})
 */
public record ReconcileOptions(List<TableId> removed, boolean exact, boolean keepsBaseChains) {
    /** No table is removed, sets that are filled at run time keep their elements, and base chains may be removed. */
    public static final ReconcileOptions DEFAULT = new ReconcileOptions(List.of(), false, false);

    /** Copies the list. */
    public ReconcileOptions {
        removed = List.copyOf(removed);
    }

    /**
     * The same options, by which a table is removed too.
     *
     * @param table a table that the desired ruleset does not contain
     * @return a new value
     */
    public ReconcileOptions remove(TableId table) {
        List<TableId> all = new ArrayList<>(removed);
        all.add(table);
        return new ReconcileOptions(all, exact, keepsBaseChains);
    }

    /**
     * The same options, by which all sets have exactly the elements of the desired ruleset.
     *
     * @return a new value
     */
    public ReconcileOptions exactElements() {
        return new ReconcileOptions(removed, true, keepsBaseChains);
    }

    /**
     * The same options, by which no base chain is removed: neither one that the desired ruleset has at another hook or not at
     * all, nor one of a table that is removed or becomes dormant.
     *
     * @return a new value
     */
    public ReconcileOptions keepBaseChains() {
        return new ReconcileOptions(removed, exact, true);
    }
}
