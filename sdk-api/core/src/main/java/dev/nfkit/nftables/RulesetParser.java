// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.SetType;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.text.Host;
import dev.nfkit.nftables.text.Place;
import dev.nfkit.nftables.text.RuleParser;
import dev.nfkit.nftables.text.RuleText;
import dev.nfkit.nftables.text.Scope;
import dev.nfkit.nftables.text.StatefulParser;
import dev.nfkit.nftables.text.Token;
import dev.nfkit.nftables.text.TokenStream;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads rulesets in the language of nft. A rule may precede the sets that it refers to, so the text is read twice: the sets
 * first, everything else then.
 */
final class RulesetParser {
    private static final List<String> OTHER_OBJECTS =
            List.of("ct", "synproxy", "secmark", "tunnel", "flowtable", "meter");

    private final TokenStream in;
    private final boolean setsOnly;
    private final Map<TableId, TableParts> tables;
    private final IdentityHashMap<RulesetObject, Place> places;

    private RulesetParser(
            String text,
            boolean setsOnly,
            Map<TableId, TableParts> tables,
            IdentityHashMap<RulesetObject, Place> places) {
        this.in = new TokenStream(text);
        this.setsOnly = setsOnly;
        this.tables = tables;
        this.places = places;
    }

    /** Also records where each object begins; of a rule its statements, which know it themselves. */
    static List<TableContents> parse(String text, IdentityHashMap<RulesetObject, Place> places) {
        Map<TableId, TableParts> tables = new LinkedHashMap<>();
        new RulesetParser(text, true, tables, places).read();
        new RulesetParser(text, false, tables, places).read();
        tables.values().forEach(parts -> places.put(parts.table, parts.at));
        return tables.values().stream().map(TableParts::contents).toList();
    }

    private void read() {
        separators();
        while (in.peek().kind() != Token.Kind.END) {
            if (in.at("add", "table")) {
                in.next();
            }
            if (!in.accept("table")) {
                throw in.refused(
                        in.atAny("define", "include", "add", "insert", "delete", "flush", "create", "list", "destroy")
                                ? "commands, define and include are not supported: expected table"
                                : "expected table");
            }
            table();
            separators();
        }
    }

    private void separators() {
        do {
            in.skipNewlines();
        } while (in.accept(";"));
    }

    private void table() {
        Token place = in.peek();
        AddressFamily family = AddressFamily.IPV4;
        for (AddressFamily each : Families.all()) {
            if (in.accept(Families.name(each))) {
                family = each;
                break;
            }
        }
        String name = in.identifier("the name of a table");
        AddressFamily found = family;
        TableId id = in.checked(place, () -> new TableId(found, name));
        Place at = in.placeFrom(place);
        TableParts parts = tables.computeIfAbsent(id, each -> new TableParts(each, at));
        if (in.accept("{")) {
            separators();
            while (!in.accept("}")) {
                item(parts);
                separators();
            }
        }
    }

    private void item(TableParts parts) {
        Token place = in.peek();
        if (in.atAny("set", "map")) {
            set(parts);
        } else if (in.accept("chain")) {
            chain(parts);
        } else if (in.accept("comment")) {
            String text = in.name("a comment");
            in.checked(place, () -> parts.table = parts.table.comment(text));
        } else if (in.accept("flags")) {
            do {
                flag(parts);
            } while (in.accept(","));
        } else if (in.atAny("counter", "quota", "limit")) {
            object(parts, in.next().text());
        } else if (OTHER_OBJECTS.contains(in.peek().text())) {
            throw in.refused(in.peek().text() + " in a table is not supported");
        } else {
            throw in.expected("chain, set, map, counter, quota, limit, flags, comment or \"}\"");
        }
    }

    private void flag(TableParts parts) {
        Token place = in.peek();
        String word = in.name("a flag of a table");
        for (TableFlag flag : TableFlag.values()) {
            if (flag.toString().equals(word)) {
                parts.table = parts.table.with(flag);
                return;
            }
        }
        throw in.refused(place, "expected dormant, owner or persist");
    }

    private void set(TableParts parts) {
        boolean map = in.next().is("map");
        Token place = in.peek();
        String name = in.identifier("the name of a set");
        if (!setsOnly) {
            skipBlock();
            return;
        }
        if (parts.sets.containsKey(name)) {
            throw in.refused(place, "set " + name + " is declared twice");
        }
        Place at = in.placeFrom(place);
        int before = parts.elements.size();
        new SetParser(in, parts.id).read(map, name, parts);
        places.put(parts.sets.get(name), at);
        parts.elements.subList(before, parts.elements.size()).forEach(each -> places.put(each, at));
    }

    private void skipBlock() {
        in.expect("{");
        for (int depth = 1; depth > 0; in.next()) {
            if (in.peek().kind() == Token.Kind.END) {
                throw in.expected("\"}\"");
            }
            depth += in.at("{") ? 1 : in.at("}") ? -1 : 0;
        }
    }

    private void object(TableParts parts, String kind) {
        Token place = in.peek();
        String name = in.identifier("the name of an object");
        Place at = in.placeFrom(place);
        if (setsOnly) {
            if (in.at("{")) {
                skipBlock();
            }
            return;
        }
        Optional<String> comment = Optional.empty();
        StatefulParser states = new StatefulParser(in);
        Stateful state = null;
        if (in.accept("{")) {
            separators();
            while (!in.accept("}")) {
                if (in.accept("comment")) {
                    comment = Optional.of(in.name("a comment"));
                } else {
                    state = state(states, kind);
                }
                separators();
            }
        }
        if (state == null && !"counter".equals(kind)) {
            throw in.refused(place, "expected the number of " + kind + " " + name + " in braces");
        }
        Stateful found = state == null ? Counter.ZERO : state;
        StatefulObject plain = in.checked(place, () -> StatefulObject.of(parts.id, name, found));
        StatefulObject object = comment.map(text -> in.checked(place, () -> plain.comment(text)))
                .orElse(plain);
        parts.objects.add(object);
        places.put(object, at);
    }

    private Stateful state(StatefulParser states, String kind) {
        switch (kind) {
            case "counter" -> {
                if (!in.at("packets")) {
                    throw in.expected("packets, comment or \"}\"");
                }
                return states.counter();
            }
            case "quota" -> {
                return states.quota();
            }
            default -> {
                in.expect("rate");
                return states.limit();
            }
        }
    }

    private void chain(TableParts parts) {
        Token place = in.peek();
        String name = in.identifier("the name of a chain");
        Place at = in.placeFrom(place);
        if (setsOnly) {
            if (in.at("{")) {
                skipBlock();
            }
            return;
        }
        Chain chain = in.checked(place, () -> Chain.regular(parts.id, name));
        List<Rule> rules = new ArrayList<>();
        if (in.accept("{")) {
            separators();
            while (!in.accept("}")) {
                Token start = in.peek();
                Chain before = chain;
                if (in.accept("type")) {
                    ChainHook hook = ChainParser.hook(in, parts.id);
                    chain = in.checked(start, () -> Chain.base(parts.id, name, hook));
                    Optional<String> comment = before.comment();
                    if (comment.isPresent()) {
                        chain = chain.comment(comment.get());
                    }
                } else if (in.accept("policy")) {
                    ChainPolicy policy = ChainParser.policy(in);
                    chain = in.checked(start, () -> before.policy(policy));
                } else if (in.accept("comment")) {
                    String text = in.name("a comment");
                    chain = in.checked(start, () -> before.comment(text));
                } else {
                    rules.add(rule(parts, name));
                }
                if (!in.atEnd()) {
                    throw in.expected("the end of the line, \";\" or \"}\"");
                }
                separators();
            }
        }
        parts.chains.merge(name, chain, (old, other) -> other.hook().isPresent() ? other : old);
        places.put(chain, at);
        parts.rules.addAll(rules);
    }

    private Rule rule(TableParts parts, String chain) {
        Token start = in.peek();
        SetType.Lookup sets = parts::type;
        RuleText text = new RuleParser(new Scope(in, parts.id.family(), sets, Host.CURRENT)).rule();
        return in.checked(start, () -> Rule.of(parts.id, chain, text, sets));
    }

    /** What was read of a table. */
    static final class TableParts {
        final TableId id;
        final Place at;
        final List<StatefulObject> objects = new ArrayList<>();
        final Map<String, NftSet> sets = new LinkedHashMap<>();
        final List<SetElements> elements = new ArrayList<>();
        final Map<String, Chain> chains = new LinkedHashMap<>();
        final List<Rule> rules = new ArrayList<>();
        Table table;

        TableParts(TableId id, Place at) {
            this.id = id;
            this.at = at;
            this.table = Table.shared(id);
        }

        Optional<SetType> type(String name) {
            return Optional.ofNullable(sets.get(name)).map(NftSet::type);
        }

        TableContents contents() {
            return new TableContents(
                    table,
                    objects,
                    List.copyOf(sets.values()),
                    elements,
                    List.of(),
                    List.copyOf(chains.values()),
                    rules);
        }
    }
}
