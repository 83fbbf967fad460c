// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.text.Host;
import dev.nfkit.nftables.text.Json;
import dev.nfkit.nftables.text.JsonRule;
import dev.nfkit.nftables.text.JsonStateful;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Prints an object of a ruleset as {@code nft -j} does. What nft 1.0.6 leaves out, and later versions print, is printed: the
 * comments of tables and chains, the devices of chains, {@code auto-merge}, and the flag {@code dynamic}.
 */
final class ObjectJson {
    private final TableId id;

    private ObjectJson(TableId id) {
        this.id = id;
    }

    /** The object; a rule must be read, or made from statements. */
    static String of(RulesetObject object) {
        ObjectJson json = new ObjectJson(object.table());
        if (object instanceof Table table) {
            return json.table(table);
        }
        if (object instanceof Chain chain) {
            return json.chain(chain);
        }
        if (object instanceof Rule rule) {
            return json.rule(rule, rule.named(), rule.handle());
        }
        if (object instanceof NftSet set) {
            return set(set, List.of());
        }
        if (object instanceof SetElements elements) {
            return json.elements(elements);
        }
        return object instanceof StatefulObject stateful ? json.object(stateful) : json.flowTable((FlowTable) object);
    }

    /** A rule with the handle of the rule that it is to be placed at, or that it replaces. */
    static String placed(Rule rule) {
        OptionalLong handle = rule.position().isPresent() ? rule.position() : rule.handle();
        return new ObjectJson(rule.table()).rule(rule, rule.named(), handle);
    }

    /** A rule of a table with these sets. */
    static String of(Rule rule, SetType.Lookup sets) {
        return new ObjectJson(rule.table()).rule(rule, sets, rule.handle());
    }

    /** A set with elements. */
    static String set(NftSet set, List<SetElements> elements) {
        return new ObjectJson(set.table()).named(set, elements);
    }

    /** What identifies an object that is removed or emptied. */
    static String key(RulesetObject object) {
        ObjectJson json = new ObjectJson(object.table());
        if (object instanceof Table table) {
            return wrap(
                    "table",
                    members(
                            "family",
                            json.family(),
                            "name",
                            Json.string(table.table().name())));
        }
        if (object instanceof Rule rule) {
            return wrap(
                    "rule",
                    members(
                            "family",
                            json.family(),
                            "table",
                            json.table(),
                            "chain",
                            Json.string(rule.chain()),
                            "handle",
                            number(rule.handle())));
        }
        String kind;
        String name;
        if (object instanceof Chain chain) {
            kind = "chain";
            name = chain.name();
        } else if (object instanceof NftSet set) {
            kind = set.map() ? "map" : "set";
            name = set.name();
        } else if (object instanceof StatefulObject stateful) {
            kind = kind(stateful);
            name = stateful.name();
        } else {
            kind = "flowtable";
            name = ((FlowTable) object).name();
        }
        return wrap(kind, members("family", json.family(), "table", json.table(), "name", Json.string(name)));
    }

    private String table(Table table) {
        return wrap(
                "table",
                members(
                        "family",
                        family(),
                        "name",
                        Json.string(table.table().name()),
                        "handle",
                        number(table.handle()),
                        "flags",
                        Json.oneOrMore(strings(table.flags())),
                        "comment",
                        string(table.comment())));
    }

    /** Elements as a command has them, in which {@code nft -j monitor} prints another form. */
    static String elementsOfCommand(SetElements elements) {
        return new ObjectJson(elements.table()).elements(elements, JsonRule.elements(elements.elements()));
    }

    private String elements(SetElements elements) {
        return elements(elements, Json.object("set", JsonRule.elements(elements.elements())));
    }

    private String elements(SetElements elements, String all) {
        return wrap(
                "element",
                members(
                        "family",
                        family(),
                        "table",
                        table(),
                        "name",
                        Json.string(elements.set().name()),
                        "elem",
                        all));
    }

    private String rule(Rule rule, SetType.Lookup sets, OptionalLong handle) {
        return wrap(
                "rule",
                members(
                        "family",
                        family(),
                        "table",
                        table(),
                        "chain",
                        Json.string(rule.chain()),
                        "handle",
                        number(handle),
                        "comment",
                        string(rule.comment()),
                        "expr",
                        JsonRule.print(rule.table().family(), sets, Host.CURRENT, rule.statements())));
    }

    private String chain(Chain chain) {
        List<String> members = members(
                "family",
                family(),
                "table",
                table(),
                "name",
                Json.string(chain.name()),
                "handle",
                number(chain.handle()),
                "comment",
                string(chain.comment()));
        chain.hook().ifPresent(hook -> {
            String name = Families.hookName(chain.table().family(), hook.hook());
            members.addAll(List.of(
                    "type",
                    Json.string(hook.type().name()),
                    "hook",
                    Json.string(name),
                    "prio",
                    Integer.toString(hook.priority().value()),
                    "dev",
                    Json.oneOrMore(strings(hook.devices())),
                    "policy",
                    Json.string(chain.policy().orElse(ChainPolicy.ACCEPT).toString())));
        });
        return wrap("chain", members);
    }

    private String object(StatefulObject object) {
        List<String> members = named(object.name(), object.handle());
        members.addAll(List.of("comment", string(object.comment())));
        object.state().ifPresent(state -> members.addAll(JsonStateful.members((Statement) state)));
        return wrap(kind(object), members);
    }

    private static String kind(StatefulObject object) {
        return object.objectKind().map(ObjectStatement.Kind::text).orElse("object");
    }

    private String named(NftSet set, List<SetElements> ofSet) {
        List<String> members = members(
                "family",
                family(),
                "name",
                Json.string(set.name()),
                "table",
                table(),
                "type",
                Json.oneOrMore(
                        strings(set.type().key().stream().map(DataType::text).toList())),
                "handle",
                number(set.handle()),
                "comment",
                string(set.comment()),
                "map",
                data(set),
                "policy",
                set.policy().map(policy -> Json.string(policy.toString())).orElse(""),
                "size",
                // nft sets the size of constant sets by itself
                set.flags().contains(SetFlag.CONSTANT) ? "" : number(set.size()),
                "flags",
                array(Stream.of(SetFlag.CONSTANT, SetFlag.INTERVAL, SetFlag.TIMEOUT, SetFlag.DYNAMIC)
                        .filter(set.flags()::contains)
                        .map(flag -> Json.string(flag.toString()))
                        .toList()),
                "timeout",
                seconds(set.timeout()),
                "gc-interval",
                seconds(set.gcInterval()),
                "auto-merge",
                set.merges() ? "true" : "");
        for (SetElements elements : ofSet) {
            List<SetElement> all = elements.elements();
            members.addAll(List.of("elem", JsonRule.elements(all)));
        }
        List<String> state = set.state().stream()
                .map(each -> JsonStateful.fresh((Statement) each))
                .toList();
        members.addAll(List.of("stmt", array(state)));
        return wrap(set.map() ? "map" : "set", members);
    }

    private static String data(NftSet set) {
        if (set.objects().isPresent()) {
            return Json.string(set.objects().get().text());
        }
        String types = set.type().data().stream().map(DataType::text).collect(Collectors.joining(" . "));
        return types.isEmpty() ? "" : Json.string(types);
    }

    private String flowTable(FlowTable flowTable) {
        List<String> members = named(flowTable.name(), flowTable.handle());
        members.addAll(List.of(
                "hook",
                "\"ingress\"",
                "prio",
                Integer.toString(flowTable.priority().value()),
                "dev",
                Json.oneOrMore(strings(flowTable.devices()))));
        return wrap("flowtable", members);
    }

    private List<String> named(String name, OptionalLong handle) {
        return members("family", family(), "name", Json.string(name), "table", table(), "handle", number(handle));
    }

    private String family() {
        String words = id.toString();
        return Json.string(words.substring(0, words.indexOf(' ')));
    }

    private String table() {
        return Json.string(id.name());
    }

    private static String wrap(String kind, List<String> members) {
        return Json.object(kind, Json.object(members.toArray(String[]::new)));
    }

    private static List<String> members(String... members) {
        return new ArrayList<>(List.of(members));
    }

    private static List<String> strings(Iterable<?> words) {
        List<String> strings = new ArrayList<>();
        words.forEach(word -> strings.add(Json.string(word.toString())));
        return strings;
    }

    private static String array(List<String> values) {
        return values.isEmpty() ? "" : Json.array(values);
    }

    private static String number(OptionalLong number) {
        return number.isPresent() ? Long.toString(number.getAsLong()) : "";
    }

    private static String string(Optional<String> text) {
        return text.map(Json::string).orElse("");
    }

    private static String seconds(Optional<Duration> duration) {
        return duration.map(Duration::toSeconds).map(Object::toString).orElse("");
    }
}
