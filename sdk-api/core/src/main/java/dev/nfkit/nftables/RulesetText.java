// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.text.ElementsPrinter;
import dev.nfkit.nftables.text.ExpressionPrinter;
import dev.nfkit.nftables.text.Host;
import dev.nfkit.nftables.text.RulePrinter;
import dev.nfkit.nftables.text.StatefulPrinter;
import dev.nfkit.nftables.text.TimeSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Prints tables as {@code nft list ruleset} does. */
final class RulesetText {
    private final TableContents contents;
    private final StringBuilder text = new StringBuilder();
    private final NamedContents named;

    private RulesetText(TableContents contents) {
        this.contents = contents;
        named = new NamedContents(contents);
    }

    static String print(TableContents contents) {
        return new RulesetText(contents).print();
    }

    private String print() {
        Table table = contents.table();
        text.append("table ").append(table.table()).append(" {\n");
        String before = "";
        if (!table.flags().isEmpty()) {
            text.append("\tflags ").append(joined(table.flags())).append('\n');
            before = "\n";
        }
        if (table.comment().isPresent()) {
            text.append("\tcomment \"").append(table.comment().get()).append("\"\n");
            before = "\n";
        }
        List<List<String>> blocks = new ArrayList<>();
        contents.objects().forEach(object -> blocks.add(object(object)));
        contents.sets().forEach(set -> blocks.add(set(set)));
        contents.flowTables().forEach(flowTable -> blocks.add(flowTable(flowTable)));
        contents.chains().forEach(chain -> blocks.add(chain(chain)));
        for (List<String> block : blocks) {
            text.append(before).append('\t').append(block.get(0)).append(" {\n");
            block.stream()
                    .skip(1)
                    .forEach(line -> text.append("\t\t").append(line).append('\n'));
            text.append("\t}\n");
            before = "\n";
        }
        return text.append("}\n").toString();
    }

    /** What a table, chain, set, map or object is declared as, in one line, without rules and elements. */
    static String declaration(RulesetObject object) {
        List<String> lines = List.of();
        if (object instanceof Chain chain) {
            lines = declared(chain);
        } else if (object instanceof NftSet set) {
            lines = properties(set);
        } else if (object instanceof StatefulObject state) {
            lines = object(state);
        } else if (object instanceof Table table && !table.flags().isEmpty()) {
            lines = List.of("", "flags " + joined(table.flags()));
        }
        return lines.size() < 2
                ? ""
                : lines.stream()
                        .skip(1)
                        .map(line -> line.endsWith(";") ? line : line + ";")
                        .collect(Collectors.joining(" ", "{ ", " }"));
    }

    static String joined(Iterable<?> words) {
        List<String> all = new ArrayList<>();
        words.forEach(word -> all.add(word.toString()));
        return String.join(",", all);
    }

    private static void comment(List<String> lines, Optional<String> comment) {
        comment.ifPresent(found -> lines.add("comment \"" + found + '"'));
    }

    /** The lines of an object, the first of which is its kind and name. */
    static List<String> object(StatefulObject object) {
        String kind = object.objectKind().map(ObjectStatement.Kind::text).orElse("object");
        List<String> lines = new ArrayList<>(List.of(kind + " " + object.name()));
        comment(lines, object.comment());
        object.state().ifPresent(state -> {
            String whole = StatefulPrinter.print((Statement) state);
            lines.add(whole.startsWith(kind + " ") ? whole.substring(kind.length() + 1) : whole);
        });
        return lines;
    }

    private List<String> set(NftSet set) {
        List<String> lines = properties(set);
        for (SetElements each : named.elements(set)) {
            lines.add("elements = " + ElementsPrinter.print(set.type(), each.elements()));
        }
        return lines;
    }

    /** The lines of a set without its elements, the first of which is its kind and name. */
    static List<String> properties(NftSet set) {
        List<String> lines = new ArrayList<>(List.of((set.map() ? "map " : "set ") + set.name()));
        lines.add(declaration(set));
        set.policy().ifPresent(policy -> lines.add("policy " + policy));
        if (!set.flags().contains(SetFlag.CONSTANT)) { // nft sets the size of these by itself
            set.size().ifPresent(size -> lines.add("size " + size));
        }
        List<SetFlag> flags = new ArrayList<>();
        for (SetFlag flag : List.of(SetFlag.CONSTANT, SetFlag.DYNAMIC, SetFlag.INTERVAL, SetFlag.TIMEOUT)) {
            if (set.flags().contains(flag)) {
                flags.add(flag);
            }
        }
        boolean implied = set.timeout().isPresent() && flags.equals(List.of(SetFlag.TIMEOUT));
        if (!flags.isEmpty() && !implied) {
            lines.add("flags " + joined(flags));
        }
        set.state().forEach(state -> lines.add(fresh(state)));
        if (set.merges()) {
            lines.add("auto-merge");
        }
        set.timeout().ifPresent(timeout -> lines.add("timeout " + TimeSpan.print(timeout)));
        set.gcInterval().ifPresent(interval -> lines.add("gc-interval " + TimeSpan.print(interval)));
        comment(lines, set.comment());
        return lines;
    }

    private static String declaration(NftSet set) {
        boolean data =
                set.map() && set.objects().isEmpty() && !set.type().data().contains(DataType.VERDICT);
        if (set.keySelectors().isEmpty()
                || set.objects().isPresent()
                || (data && set.dataSelectors().isEmpty())) {
            return "type " + types(set);
        }
        String key = "typeof " + selectors(set.keySelectors());
        return data ? key + " : " + selectors(set.dataSelectors()) : key + data(set);
    }

    private static String selectors(List<Selector> selectors) {
        ExpressionPrinter printer = new ExpressionPrinter(SetType.Lookup.NONE, Host.CURRENT);
        return selectors.stream().map(printer::expression).collect(Collectors.joining(" . "));
    }

    private static String types(NftSet set) {
        return names(set.type().key()) + data(set);
    }

    private static String data(NftSet set) {
        if (set.objects().isPresent()) {
            return " : " + set.objects().get().text();
        }
        return set.type().data().isEmpty() ? "" : " : " + names(set.type().data());
    }

    private static String names(List<DataType> types) {
        return types.stream().map(DataType::text).collect(Collectors.joining(" . "));
    }

    private static String fresh(Stateful state) {
        return state instanceof Counter ? "counter" : StatefulPrinter.print((Statement) state);
    }

    /** The lines of a flow table, the first of which is its kind and name. */
    static List<String> flowTable(FlowTable table) {
        List<String> lines = new ArrayList<>(List.of("flowtable " + table.name()));
        lines.add(
                "hook ingress priority " + table.priority().toText(table.table().family(), "ingress"));
        if (!table.devices().isEmpty()) {
            lines.add("devices = { " + String.join(", ", table.devices()) + " }");
        }
        if ((table.flagBits() & 1) != 0) {
            lines.add("flags offload");
        }
        if ((table.flagBits() & 2) != 0) {
            lines.add("counter");
        }
        return lines;
    }

    private List<String> chain(Chain chain) {
        List<String> lines = declared(chain);
        for (Rule rule : named.rules(chain)) {
            lines.add(RulePrinter.print(rule.table().family(), named, rule.statements(), rule.comment()));
        }
        return lines;
    }

    private static List<String> declared(Chain chain) {
        List<String> lines = new ArrayList<>(List.of("chain " + chain.name()));
        comment(lines, chain.comment());
        chain.hook().ifPresent(hook -> lines.add(hook(chain, hook)));
        return lines;
    }

    /** Where a base chain is. */
    static String hook(Chain chain, ChainHook hook) {
        String name = Families.hookName(chain.table().family(), hook.hook());
        String devices = "";
        if (hook.devices().size() == 1) {
            devices = " device \"" + hook.devices().get(0) + '"';
        } else if (hook.devices().size() > 1) {
            devices = hook.devices().stream()
                    .map(device -> '"' + device + '"')
                    .collect(Collectors.joining(", ", " devices = { ", " }"));
        }
        return "type " + hook.type().name() + " hook " + name + devices + " priority "
                + hook.priority().toText(chain.table().family(), name) + "; policy "
                + chain.policy().orElse(ChainPolicy.ACCEPT) + ";";
    }
}
