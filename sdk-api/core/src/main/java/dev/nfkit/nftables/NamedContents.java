// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.nftables.expression.SetType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The parts of a table by the names that other parts refer to, so that large tables are not searched for each. */
final class NamedContents implements SetType.Lookup {
    private final Map<String, NftSet> sets = new HashMap<>();
    private final Map<String, List<SetElements>> elements;
    private final Map<String, List<Rule>> rules;

    NamedContents(TableContents contents) {
        contents.sets().forEach(set -> sets.putIfAbsent(set.name(), set));
        elements = grouped(contents.elements(), each -> each.set().name());
        rules = grouped(contents.rules(), Rule::chain);
    }

    private static <T> Map<String, List<T>> grouped(List<T> parts, Function<T, String> name) {
        Map<String, List<T>> found = new HashMap<>();
        for (T part : parts) {
            found.computeIfAbsent(name.apply(part), key -> new ArrayList<>()).add(part);
        }
        return found;
    }

    /** The elements of a set, in order. */
    List<SetElements> elements(NftSet set) {
        return elements.getOrDefault(set.name(), List.of());
    }

    /** The rules of a chain, in order. */
    List<Rule> rules(Chain chain) {
        return rules.getOrDefault(chain.name(), List.of());
    }

    /** The type of a set. */
    @Override
    public Optional<SetType> find(String name) {
        return Optional.ofNullable(sets.get(name)).map(NftSet::type);
    }
}
