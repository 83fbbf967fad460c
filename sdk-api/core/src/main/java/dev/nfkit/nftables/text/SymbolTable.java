// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** The names of the numbers of a data type. Several names may have one number: the first one is printed. */
final class SymbolTable {
    static final SymbolTable NONE = of("");

    private final Map<String, Long> numbers = new LinkedHashMap<>();
    private final Map<Long, String> names = new TreeMap<>();

    private SymbolTable() {}

    /**
     * A table.
     *
     * @param entries names and numbers, such as {@code "new=8 established=2"}, separated by spaces
     */
    static SymbolTable of(String entries) {
        SymbolTable table = new SymbolTable();
        for (String entry : entries.trim().split("\\s+", -1)) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                table.put(entry.substring(0, equals), Long.decode(entry.substring(equals + 1)));
            }
        }
        return table;
    }

    private void put(String name, long number) {
        numbers.putIfAbsent(name, number);
        names.putIfAbsent(number, name);
    }

    OptionalLong number(String name) {
        Long number = numbers.get(name);
        return number == null ? OptionalLong.empty() : OptionalLong.of(number);
    }

    Optional<String> name(long number) {
        return Optional.ofNullable(names.get(number));
    }

    /** The names by number, ascending. */
    Map<Long, String> names() {
        return names;
    }
}
