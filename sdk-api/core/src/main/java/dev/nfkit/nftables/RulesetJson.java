package dev.nfkit.nftables;

import dev.nfkit.nftables.expression.DataType;
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
 * Prints rulesets as {@code nft -j list ruleset} does. What nft 1.0.6 leaves out, and later versions print, is printed: the
 * comments of tables and chains, the devices of chains, {@code auto-merge}, and the flag {@code dynamic}.
 */
final class RulesetJson {
    private final TableContents contents;
    private final List<String> objects = new ArrayList<>();

    private RulesetJson(TableContents contents) {
        this.contents = contents;
    }

    static String print(List<TableContents> tables) {
        List<String> objects = new ArrayList<>();
        objects.add(Json.object("metainfo", Json.object("release_name", "\"nfkit\"", "json_schema_version", "1")));
        tables.forEach(table -> objects.addAll(new RulesetJson(table).objects()));
        return Json.object("nftables", Json.array(objects));
    }

    private List<String> objects() {
        Table table = contents.table();
        add(
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
        contents.objects().forEach(this::object);
        contents.sets().forEach(this::set);
        contents.flowTables().forEach(this::flowTable);
        contents.chains().forEach(this::chain);
        SetType.Lookup sets = name -> contents.sets().stream()
                .filter(set -> set.name().equals(name))
                .findFirst()
                .map(NftSet::type);
        for (Chain chain : contents.chains()) {
            contents.rules().stream()
                    .filter(rule -> rule.chain().equals(chain.name()))
                    .forEach(rule -> rule(rule, sets));
        }
        return objects;
    }

    private void rule(Rule rule, SetType.Lookup sets) {
        add(
                "rule",
                members(
                        "family",
                        family(),
                        "table",
                        table(),
                        "chain",
                        Json.string(rule.chain()),
                        "handle",
                        number(rule.handle()),
                        "comment",
                        string(rule.comment()),
                        "expr",
                        JsonRule.print(rule.table().family(), sets, Host.CURRENT, rule.statements())));
    }

    private void chain(Chain chain) {
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
        add("chain", members);
    }

    private void object(StatefulObject object) {
        List<String> members = named(object.name(), object.handle());
        members.addAll(List.of("comment", string(object.comment())));
        object.state().ifPresent(state -> members.addAll(JsonStateful.members((Statement) state)));
        add(object.objectKind().map(ObjectStatement.Kind::text).orElse("object"), members);
    }

    private void set(NftSet set) {
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
        for (SetElements elements : contents.elements()) {
            if (elements.set().name().equals(set.name())) {
                members.addAll(List.of("elem", JsonRule.elements(elements.elements())));
            }
        }
        List<String> state = set.state().stream()
                .map(each -> JsonStateful.fresh((Statement) each))
                .toList();
        members.addAll(List.of("stmt", array(state)));
        add(set.map() ? "map" : "set", members);
    }

    private static String data(NftSet set) {
        if (set.objects().isPresent()) {
            return Json.string(set.objects().get().text());
        }
        String types = set.type().data().stream().map(DataType::text).collect(Collectors.joining(" . "));
        return types.isEmpty() ? "" : Json.string(types);
    }

    private void flowTable(FlowTable flowTable) {
        List<String> members = named(flowTable.name(), flowTable.handle());
        members.addAll(List.of(
                "hook",
                "\"ingress\"",
                "prio",
                Integer.toString(flowTable.priority().value()),
                "dev",
                Json.oneOrMore(strings(flowTable.devices()))));
        add("flowtable", members);
    }

    private List<String> named(String name, OptionalLong handle) {
        return members("family", family(), "name", Json.string(name), "table", table(), "handle", number(handle));
    }

    private String family() {
        String id = contents.table().table().toString();
        return Json.string(id.substring(0, id.indexOf(' ')));
    }

    private String table() {
        return Json.string(contents.table().table().name());
    }

    private void add(String kind, List<String> members) {
        objects.add(Json.object(kind, Json.object(members.toArray(String[]::new))));
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
