// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.Change.Action;
import dev.nfkit.nftables.text.Place;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Changes of the ruleset, in order, that {@link Nftables#commit} applies as a whole: all of them, or none. Packets meet the
 * ruleset as it was before or as it is after the batch, never a part of it.
 *
 * <pre>{@code
 * TableId table = TableId.inet("nfkit");
 * ChainHook input = ChainHook.of(table.family(), ChainType.FILTER, "input", "filter");
 * nftables.commit(new Batch()
 *         .create(Table.owned(table))
 *         .create(Chain.base(table, "input", input).policy(ChainPolicy.ACCEPT)));
 * }</pre>
 *
 * <p>A later change may refer to an object that an earlier one makes. Mutable, for one thread at a time; committing does not
 * change it, so it can be committed again.
 */
public final class Batch {
    private final List<Change> changes = new ArrayList<>();
    private boolean handles;
    private OptionalLong generation = OptionalLong.empty();

    /** A batch without changes. */
    public Batch() {}

    /**
     * Adds an object if it does not exist. If it exists, it is changed as far as the kernel permits: a table's flags, a
     * chain's policy. A rule is always made, at the end of its chain or after the rule at its {@linkplain
     * Rule#position(long) position}.
     *
     * @param object the object
     * @return this batch
     */
    public Batch add(RulesetObject object) {
        return change(Action.ADD, object);
    }

    /**
     * Adds all that a ruleset contains, as {@link #add(RulesetObject)} does. What exists stays: rules are added to those of
     * their chains. Remove tables first in the same batch to replace them.
     *
     * @param ruleset the ruleset
     * @return this batch
     * @throws IllegalArgumentException if it contains a flow table, which cannot be made
     */
    public Batch add(Ruleset ruleset) {
        for (TableContents contents : ruleset.tables()) {
            List<RulesetObject> objects = new ArrayList<>();
            objects.add(contents.table());
            // Verdict maps refer to chains, maps of objects to objects, and rules to all of them.
            objects.addAll(contents.chains());
            objects.addAll(contents.objects());
            objects.addAll(contents.sets());
            objects.addAll(contents.flowTables());
            objects.addAll(contents.elements());
            objects.addAll(contents.rules());
            objects.forEach(object -> change(Action.ADD, object, ruleset.place(object)));
        }
        return this;
    }

    /**
     * Creates an object. The batch is refused if it exists ({@link dev.nfkit.Refusal#EXISTS}), and elements if one of them
     * exists.
     *
     * @param object the object; no rule, which has no name
     * @return this batch
     * @throws IllegalArgumentException if it is a rule
     */
    public Batch create(RulesetObject object) {
        if (object instanceof Rule) {
            throw new IllegalArgumentException(
                    "create " + object + ": a rule has no name that could exist; add or insert it");
        }
        return change(Action.CREATE, object);
    }

    /**
     * Makes a rule at the start of its chain, or before the rule at its {@linkplain Rule#position(long) position}.
     *
     * @param rule the rule
     * @return this batch
     */
    public Batch insert(Rule rule) {
        return change(Action.INSERT, rule);
    }

    /**
     * Replaces a rule, in its place.
     *
     * @param rule the new rule, with the handle of the old one
     * @return this batch
     * @throws IllegalArgumentException if it has no handle
     */
    public Batch replace(Rule rule) {
        return change(Action.REPLACE, withHandle("replace", rule));
    }

    /**
     * Removes an object; a table with all it contains. The batch is refused if it does not exist ({@link
     * dev.nfkit.Refusal#NOT_FOUND}) or is still used ({@link dev.nfkit.Refusal#IN_USE}). An object that was listed is removed
     * by its handle, so that no later one of the same name is removed instead.
     *
     * <p>Removing a base chain, or a table with base chains, drops all packets that wait in queues of the network namespace:
     * see {@link Chain}.
     *
     * @param object the object, of which only what identifies it matters
     * @return this batch
     * @throws IllegalArgumentException if it is a rule without a handle
     */
    public Batch delete(RulesetObject object) {
        return change(Action.DELETE, object instanceof Rule rule ? withHandle("delete", rule) : object);
    }

    /**
     * Removes an object if it exists, as {@link #delete}. Needs Linux 6.3: older kernels refuse the batch ({@link
     * dev.nfkit.Refusal#NOT_SUPPORTED}). There, {@link #add} the object and then delete it in the same batch.
     *
     * @param object the object, of which only what identifies it matters
     * @return this batch
     * @throws IllegalArgumentException if it is a rule without a handle
     */
    public Batch destroy(RulesetObject object) {
        return change(Action.DESTROY, object instanceof Rule rule ? withHandle("destroy", rule) : object);
    }

    /**
     * Removes the rules of all chains of a table, or those of a chain, or the elements of a set. The chains stay, so that no
     * packet that waits in a queue is lost.
     *
     * @param object a table, chain or set
     * @return this batch
     * @throws IllegalArgumentException if it is another object
     */
    public Batch flush(RulesetObject object) {
        if (!(object instanceof Table) && !(object instanceof Chain) && !(object instanceof NftSet)) {
            throw new IllegalArgumentException("flush " + object + ": only tables, chains and sets can be flushed");
        }
        return change(Action.FLUSH, object);
    }

    /**
     * Makes the commit return the handles of new objects ({@code NLM_F_ECHO}).
     *
     * @return this batch
     */
    public Batch returnHandles() {
        handles = true;
        return this;
    }

    /**
     * Applies the batch only to a certain state of the ruleset. If another process changed the ruleset in between, the commit
     * throws {@link dev.nfkit.GenerationMovedException}.
     *
     * @param id the generation's id, as {@link Generation#id()}, 1 to 2³²−1
     * @return this batch
     * @throws IllegalArgumentException if it is out of range
     */
    public Batch onlyIf(long id) {
        if (id == 0) {
            throw new IllegalArgumentException("generation 0 is out of 1 to " + Names.U32_MAX);
        }
        generation = OptionalLong.of(Names.u32("generation", id));
        return this;
    }

    /**
     * The number of changes.
     *
     * @return 0 for an empty batch
     */
    public int size() {
        return changes.size();
    }

    private Batch change(Action action, RulesetObject object) {
        return change(action, object, null);
    }

    private Batch change(Action action, RulesetObject object, @Nullable Place place) {
        boolean removes = action == Action.DELETE || action == Action.DESTROY;
        if (object instanceof FlowTable && !removes) {
            throw new IllegalArgumentException("flow tables can be listed and deleted, not made: " + object);
        }
        changes.add(new Change(action, object, false, place));
        return this;
    }

    private static Rule withHandle(String action, Rule rule) {
        if (rule.handle().isEmpty()) {
            throw new IllegalArgumentException(
                    action + " " + rule + ": the rule needs a handle; list the rules, or set Rule.handle");
        }
        return rule;
    }

    /** The changes as they are sent. */
    List<Change> changes() {
        if (!handles) {
            return Collections.unmodifiableList(changes);
        }
        List<Change> echoed = new ArrayList<>(changes.size());
        changes.forEach(
                change -> echoed.add(new Change(change.action(), change.object(), !change.removes(), change.place())));
        return echoed;
    }

    boolean returnsHandles() {
        return handles;
    }

    OptionalLong generation() {
        return generation;
    }

    /**
     * The number of changes and the first one, safe to print.
     *
     * @return text such as {@code commit 2 changes (create table inet nfkit, …)}
     */
    @Override
    public String toString() {
        if (changes.isEmpty()) {
            return "commit no changes";
        }
        return changes.size() == 1
                ? "commit " + changes.get(0)
                : "commit " + changes.size() + " changes (" + changes.get(0) + ", …)";
    }
}
