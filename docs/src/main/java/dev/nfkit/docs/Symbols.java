// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The places of types, their members and Kotlin's functions by the names that a guide calls them. */
final class Symbols {
    private static final Pattern NAME = Pattern.compile("([\\w.]+?)(\\(.*\\))?", Pattern.DOTALL);

    private final Map<String, String> places = new HashMap<>();
    private final Set<String> ambiguous = new HashSet<>();

    /** Adds a name; one that has several places has none. */
    void add(String name, String path) {
        String other = places.putIfAbsent(name, path);
        if (other != null && !other.equals(path)) {
            ambiguous.add(name);
        }
    }

    /** The place of what a piece of code names, or null; a name without a capital letter could be any word. */
    @Nullable
    String place(String code) {
        Matcher name = NAME.matcher(code);
        String found = name.matches() ? name.group(1) : "";
        boolean word = found.equals(found.toLowerCase(Locale.ROOT));
        return word || ambiguous.contains(found) ? null : places.get(found);
    }
}
