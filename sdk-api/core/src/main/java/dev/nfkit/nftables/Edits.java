// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.PrintableText;
import dev.nfkit.nftables.Difference.Command;
import dev.nfkit.nftables.text.ElementsPrinter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Collects the changes of a table, and sorts them so that each finds what it needs: what refers to an object is removed before
 * the object, and added after it.
 */
final class Edits {
    /** The parts of a batch, in their order. */
    enum Phase {
        TABLE,
        RULES_OUT,
        ELEMENTS_OUT,
        SETS_OUT,
        OBJECTS_OUT,
        CHAINS_OUT,
        CHAINS_IN,
        OBJECTS_IN,
        SETS_IN,
        ELEMENTS_IN,
        RULES_IN
    }

    /** A change of the object that the command names. */
    private record Edit(Change.Action action, Command command) {}

    private final Map<Phase, List<Edit>> edits = new EnumMap<>(Phase.class);
    private final List<String> kept = new ArrayList<>();

    /** Adds a change, as a command that names the object. */
    void add(Phase phase, Change.Action action, RulesetObject object, String rest) {
        add(phase, action, object, rest, false);
    }

    void add(Phase phase, Change.Action action, RulesetObject object, String rest, boolean dropsQueuedPackets) {
        String cost = dropsQueuedPackets ? " # drops the packets that wait in queues" : "";
        put(phase, action, object, object + (rest.isEmpty() ? "" : " " + rest) + cost, dropsQueuedPackets);
    }

    /** Adds a rule; the command does not name the rule's own handle, except to replace or delete it. */
    void rule(Phase phase, Change.Action action, Rule rule, String text) {
        String place = rule.position().isPresent()
                ? " position " + rule.position().getAsLong()
                : rule.handle().isPresent() ? " handle " + rule.handle().getAsLong() : "";
        String words = "rule " + rule.table() + " " + rule.chain() + place
                + (action == Change.Action.DELETE ? " # " : " ") + text;
        put(phase, action, rule, words, false);
    }

    /** Adds or deletes elements; the command lists them. */
    void elements(Phase phase, Change.Action action, SetElements elements) {
        NftSet set = elements.set();
        String words = "element " + set.table() + " " + set.name() + " "
                + ElementsPrinter.print(set.type(), elements.elements()).replace("\n", " ");
        put(phase, action, elements, words, false);
    }

    private void put(
            Phase phase, Change.Action action, RulesetObject object, String words, boolean dropsQueuedPackets) {
        String text = action.name().toLowerCase(Locale.ROOT) + " " + words;
        edits.computeIfAbsent(phase, each -> new ArrayList<>())
                .add(new Edit(action, new Command(text, object, dropsQueuedPackets)));
    }

    /** Reports what stays although it differs. */
    void keep(String text) {
        kept.add(PrintableText.of(text));
    }

    /** Appends all changes, in the order of the phases. */
    void writeTo(Batch batch, List<Command> allCommands, List<String> allKept) {
        for (List<Edit> phase : edits.values()) {
            for (Edit edit : phase) {
                write(batch, edit.action(), edit.command().object());
                allCommands.add(edit.command());
            }
        }
        allKept.addAll(kept);
    }

    private static void write(Batch batch, Change.Action action, RulesetObject object) {
        switch (action) {
            case INSERT -> batch.insert((Rule) object);
            case REPLACE -> batch.replace((Rule) object);
            case DELETE -> batch.delete(object);
            case FLUSH -> batch.flush(object);
            default -> batch.add(object);
        }
    }
}
