// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.BatchRefusedException;
import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.RefusedChange;
import dev.nfkit.nftables.Change.Action;
import dev.nfkit.nftables.Difference.Command;
import dev.nfkit.nftables.Edits.Phase;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Compares the installed ruleset with a desired one. */
final class Reconciler {
    private final Ruleset desired;
    private final ReconcileOptions options;

    /**
     * Checks the desired ruleset.
     *
     * @throws IllegalArgumentException if it contains a table twice, or one that is to be removed
     */
    Reconciler(Ruleset desired, ReconcileOptions options) {
        this.desired = desired;
        this.options = options;
        Set<TableId> ids = new HashSet<>(options.removed());
        for (TableContents contents : desired.tables()) {
            TableId id = contents.table().table();
            if (!ids.add(id)) {
                throw new IllegalArgumentException("the desired ruleset contains table " + id
                        + (options.removed().contains(id) ? ", which is to be removed" : " twice"));
            }
        }
    }

    Difference difference(Listing listing, Generation generation) throws NetlinkException {
        Batch batch = new Batch().onlyIf(generation.id());
        List<Command> commands = new ArrayList<>();
        List<String> kept = new ArrayList<>();
        for (TableId id : new LinkedHashSet<>(options.removed())) {
            Optional<Table> table = listing.table(id);
            if (table.isPresent()) {
                removal(listing, table.get()).writeTo(batch, commands, kept);
            }
        }
        for (TableContents contents : desired.tables()) {
            List<TableContents> installed =
                    listing.ruleset(contents.table().table()).tables();
            Edits edits = installed.isEmpty()
                    ? TableDifference.making(contents)
                    : TableDifference.between(installed.get(0), contents, options.exact());
            edits.writeTo(batch, commands, kept);
        }
        return new Difference(generation.id(), commands, kept, batch);
    }

    private static Edits removal(Listing listing, Table table) throws NetlinkException {
        boolean hooks = !table.flags().contains(TableFlag.DORMANT)
                && listing.chains(table.table()).stream()
                        .anyMatch(chain -> chain.table().equals(table.table())
                                && chain.hook().isPresent());
        Edits edits = new Edits();
        edits.add(Phase.TABLE, Action.DELETE, table, "", hooks);
        return edits;
    }

    /** Requires that the options permit a difference. */
    void check(Difference difference) {
        for (Command command : difference.commands()) {
            if (options.keepsBaseChains() && command.dropsQueuedPackets()) {
                throw new BaseChainRemovalException(difference, command.toString());
            }
        }
    }

    /**
     * Whether a batch was refused only for elements, which packets add and time removes without a new generation.
     *
     * @param difference the changes of the batch
     */
    static boolean isOutdated(BatchRefusedException refusal, Difference difference) {
        for (RefusedChange refused : refusal.refused()) {
            boolean element = refused.index() >= 0
                    && refused.index() < difference.batch().size()
                    && difference.batch().changes().get(refused.index()).object() instanceof SetElements;
            if (!element
                    || !(refused.errno().equals(Errno.ENOENT) || refused.errno().equals(Errno.EEXIST))) {
                return false;
            }
        }
        return true;
    }
}
