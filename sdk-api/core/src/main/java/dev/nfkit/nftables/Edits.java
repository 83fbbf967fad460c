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

    private record Edit(Change.Action action, RulesetObject object) {}

    private final Map<Phase, List<Edit>> edits = new EnumMap<>(Phase.class);
    private final Map<Phase, List<Command>> commands = new EnumMap<>(Phase.class);
    private final List<String> kept = new ArrayList<>();

    /** Adds a change, as a command that names the object. */
    void add(Phase phase, Change.Action action, RulesetObject object, String rest) {
        add(phase, action, object, rest, false);
    }

    void add(Phase phase, Change.Action action, RulesetObject object, String rest, boolean dropsQueuedPackets) {
        String verb = action.name().toLowerCase(Locale.ROOT);
        String cost = dropsQueuedPackets ? " # drops the packets that wait in queues" : "";
        edits.computeIfAbsent(phase, each -> new ArrayList<>()).add(new Edit(action, object));
        commands.computeIfAbsent(phase, each -> new ArrayList<>())
                .add(new Command(
                        verb + " " + object + (rest.isEmpty() ? "" : " " + rest) + cost, object, dropsQueuedPackets));
    }

    /** Adds a rule; the command does not name the rule's own handle, except to replace or delete it. */
    void rule(Phase phase, Change.Action action, Rule rule, String text) {
        String place = rule.position().isPresent()
                ? " position " + rule.position().getAsLong()
                : rule.handle().isPresent() ? " handle " + rule.handle().getAsLong() : "";
        String verb = action.name().toLowerCase(Locale.ROOT);
        edits.computeIfAbsent(phase, each -> new ArrayList<>()).add(new Edit(action, rule));
        commands.computeIfAbsent(phase, each -> new ArrayList<>())
                .add(new Command(
                        verb + " rule " + rule.table() + " " + rule.chain() + place
                                + (action == Change.Action.DELETE ? " # " : " ") + text,
                        rule,
                        false));
    }

    /** Adds or deletes elements; the command lists them. */
    void elements(Phase phase, Change.Action action, SetElements elements) {
        NftSet set = elements.set();
        edits.computeIfAbsent(phase, each -> new ArrayList<>()).add(new Edit(action, elements));
        commands.computeIfAbsent(phase, each -> new ArrayList<>())
                .add(new Command(
                        action.name().toLowerCase(Locale.ROOT) + " element " + set.table() + " " + set.name() + " "
                                + ElementsPrinter.print(set.type(), elements.elements())
                                        .replace("\n", " "),
                        elements,
                        false));
    }

    /** Reports what stays although it differs. */
    void keep(String text) {
        kept.add(PrintableText.of(text));
    }

    /** Appends all changes, in the order of the phases. */
    void writeTo(Batch batch, List<Command> allCommands, List<String> allKept) {
        edits.values().forEach(phase -> phase.forEach(edit -> write(batch, edit)));
        commands.values().forEach(allCommands::addAll);
        allKept.addAll(kept);
    }

    private static void write(Batch batch, Edit edit) {
        switch (edit.action()) {
            case INSERT -> batch.insert((Rule) edit.object());
            case REPLACE -> batch.replace((Rule) edit.object());
            case DELETE -> batch.delete(edit.object());
            case FLUSH -> batch.flush(edit.object());
            default -> batch.add(edit.object());
        }
    }
}
