// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.PrintableText;
import dev.nfkit.nftables.text.ElementsPrinter;
import java.util.List;
import java.util.stream.Collectors;

/** Prints events as {@code nft monitor} does. */
final class EventText {
    private EventText() {}

    static String print(NftablesEvent event) {
        return PrintableText.of(line(event));
    }

    private static String line(NftablesEvent event) {
        if (event instanceof NftablesEvent.Added added) {
            RulesetObject object = added.object();
            return (object instanceof Rule && added.inserted() ? "insert " : "add ") + added(object);
        }
        if (event instanceof NftablesEvent.Removed removed) {
            return "delete " + removed(removed.object());
        }
        if (event instanceof NftablesEvent.Committed committed) {
            Generation generation = committed.generation();
            return "# new generation " + generation.id() + " by process " + generation.processId() + " ("
                    + generation.processName() + ")";
        }
        long lost = ((NftablesEvent.Overrun) event).lost();
        return "# events were lost here: " + (lost == 0 ? "the kernel did not count them" : lost + " datagrams");
    }

    private static String added(RulesetObject object) {
        if (object instanceof Table table) {
            String flags = table.flags().contains(TableFlag.DORMANT) ? " { flags dormant; }" : "";
            return "table " + table.table() + flags;
        }
        if (object instanceof Chain chain) {
            return "chain " + chain.table() + " " + chain.name()
                    + chain.hook()
                            .map(hook -> " { " + RulesetText.hook(chain, hook) + " }")
                            .orElse("");
        }
        if (object instanceof Rule rule) {
            String place =
                    rule.position().isPresent() ? "handle " + rule.position().getAsLong() + " " : "";
            return "rule " + rule.table() + " " + rule.chain() + " " + place + rule.toText();
        }
        if (object instanceof NftSet set) {
            return block(set, RulesetText.properties(set), ";");
        }
        if (object instanceof SetElements elements) {
            return elements(elements);
        }
        if (object instanceof StatefulObject stateful) {
            return block(stateful, RulesetText.object(stateful), "");
        }
        FlowTable flowTable = (FlowTable) object;
        return block(flowTable, RulesetText.flowTable(flowTable), ";");
    }

    /** A block in one line: {@code set inet t s { type ipv4_addr; }}. */
    private static String block(RulesetObject object, List<String> lines, String end) {
        String kindAndName = lines.get(0);
        int name = kindAndName.lastIndexOf(' ');
        return kindAndName.substring(0, name) + " " + object.table() + kindAndName.substring(name)
                + lines.stream()
                        .skip(1)
                        .map(line -> line.replaceAll("\\s+", " ") + end)
                        .collect(Collectors.joining(" ", " { ", " }"));
    }

    private static String elements(SetElements elements) {
        NftSet set = elements.set();
        return "element " + set.table() + " " + set.name() + " "
                + ElementsPrinter.print(set.type(), elements.elements());
    }

    private static String removed(RulesetObject object) {
        if (object instanceof Rule rule) {
            return "rule " + rule.table() + " " + rule.chain() + " handle "
                    + rule.handle().orElse(0);
        }
        if (object instanceof NftSet set) {
            return "set " + set.table() + " " + set.name();
        }
        if (object instanceof SetElements elements) {
            return elements(elements);
        }
        return object.toString();
    }
}
