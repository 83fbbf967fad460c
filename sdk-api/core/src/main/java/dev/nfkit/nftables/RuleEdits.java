// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.Change.Action;
import dev.nfkit.nftables.Edits.Phase;
import dev.nfkit.nftables.edit.CommonSubsequence;
import dev.nfkit.nftables.statement.ExtensionStatement;
import dev.nfkit.nftables.statement.InvalidRuleException;
import dev.nfkit.nftables.statement.RawStatement;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.text.RulePrinter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The changes of a chain's rules. Rules that stay keep their places, states and handles. A new rule is placed before the next one
 * that stays, so that the rules of the batch, which have no handles yet, need not refer to each other.
 */
final class RuleEdits {
    /** What a rule does, without what it counted. Text for people leaves out the bytes of what nft cannot print. */
    private record Key(String text, List<Statement> bytes) {}

    private final Edits edits;
    private final Uses gone;
    private final Uses branches;
    private final List<Rule> installed;
    private final List<Rule> desired;
    private final List<Key> keys = new ArrayList<>();
    private final int[] kept;

    /**
     * Compares the rules of a chain.
     *
     * @param gone what is removed; rules that refer to it are removed before it, and made again after it
     * @param branches the installed chains and verdict maps; rules that refer to them are removed before others are made, so that
     *     jumps of the old and of the new ruleset never form a loop together, which the kernel would refuse
     */
    RuleEdits(Edits edits, Uses gone, Uses branches, List<Rule> installed, List<Rule> desired) {
        this.edits = edits;
        this.gone = gone;
        this.branches = branches;
        this.installed = installed;
        this.desired = desired;
        desired.forEach(rule -> keys.add(key(rule)));
        this.kept = CommonSubsequence.of(installed.stream().map(RuleEdits::key).toList(), keys);
        for (int j = 0; j < kept.length; j++) {
            if (kept[j] >= 0 && !sameOperations(installed.get(kept[j]), desired.get(j))) {
                kept[j] = -1;
            }
        }
    }

    private static boolean sameOperations(Rule installed, Rule desired) {
        try {
            return installed.body().sameOperations(desired.body());
        } catch (InvalidRuleException e) {
            return true; // what this library would not write, but lists the same
        }
    }

    private static Key key(Rule rule) {
        return new Key(
                text(rule),
                rule.statements().stream()
                        .filter(each -> each instanceof RawStatement || each instanceof ExtensionStatement)
                        .toList());
    }

    private static String text(Rule rule) {
        return RulePrinter.stateless(rule.table().family(), rule.body().named(), rule.statements(), rule.comment());
    }

    /** Makes all rules anew: their chain is a new one. */
    void again() {
        for (int j = 0; j < desired.size(); j++) {
            append(j);
        }
    }

    /** Changes what differs. */
    void change() {
        Set<Integer> stays = new HashSet<>();
        for (int j = 0; j < kept.length; j++) {
            if (kept[j] >= 0 && !refers(installed.get(kept[j]), gone)) {
                stays.add(j);
            }
        }
        int from = 0;
        int next = 0;
        for (int j = 0; j <= desired.size(); j++) {
            if (j == desired.size()) {
                gap(from, installed.size(), next, j);
            } else if (stays.contains(j)) {
                gap(from, kept[j], next, j);
                from = kept[j] + 1;
                next = j + 1;
            }
        }
    }

    /** Replaces the installed rules between two that stay by the desired ones. */
    private void gap(int from, int to, int start, int end) {
        int next = start;
        for (int i = from; i < to; i++) {
            Rule old = installed.get(i);
            if (next < end && !refers(old, gone) && !refers(old, branches)) {
                edits.rule(
                        Phase.RULES_IN,
                        Action.REPLACE,
                        made(next).placed(handle(old), 0),
                        keys.get(next++).text());
            } else {
                edits.rule(Phase.RULES_OUT, Action.DELETE, old, text(old));
            }
        }
        for (; next < end; next++) {
            if (end < desired.size()) {
                Rule before = installed.get(kept[end]);
                edits.rule(
                        Phase.RULES_IN,
                        Action.INSERT,
                        made(next).placed(0, handle(before)),
                        keys.get(next).text());
            } else {
                append(next);
            }
        }
    }

    private void append(int place) {
        edits.rule(
                Phase.RULES_IN,
                Action.ADD,
                made(place).placed(0, 0),
                keys.get(place).text());
    }

    /** The desired rule; if an installed one does the same, with its states. */
    private Rule made(int place) {
        Rule rule = desired.get(place);
        return kept[place] < 0 ? rule : rule.withStatesOf(installed.get(kept[place]));
    }

    private static boolean refers(Rule rule, Uses objects) {
        if (objects.isEmpty()) {
            return false;
        }
        try {
            return rule.body().uses().meets(objects);
        } catch (InvalidRuleException e) {
            return false; // what this library would not write; if it is in the way, the kernel refuses the batch
        }
    }

    private static long handle(Rule rule) {
        OptionalLong handle = rule.handle();
        if (handle.isEmpty()) {
            throw new IllegalStateException("an installed rule without a handle: " + rule);
        }
        return handle.getAsLong();
    }
}
