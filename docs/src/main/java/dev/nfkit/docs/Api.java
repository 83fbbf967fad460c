// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/** The pages of the API, with what the navigation, the search and the guides need of them. */
final class Api {
    /** A package: its types are those of the first level. */
    record PackageContents(String name, Page.Kind language, String path, String summary, List<Page.Target> types) {}

    private final Map<String, PackageContents> packages = new LinkedHashMap<>();
    private final List<Page> pages = new ArrayList<>();
    private final Symbols symbols;
    private final SearchIndex search;

    Api(Symbols symbols, SearchIndex search) {
        this.symbols = symbols;
        this.search = search;
    }

    void add(Page page) {
        pages.add(page);
    }

    void add(PackageContents contents) {
        packages.put(contents.name(), contents);
        search.add(contents.name(), contents.path(), contents.language(), "package", contents.summary());
    }

    /** Adds a type, a member or a function that the search finds by its name. */
    void add(String name, String path, Page.Kind language, String home, String summary) {
        boolean property = home.equals("dev.nfkit.kotlin") && Character.isLowerCase(name.charAt(0));
        if (!property) { // properties of Kotlin have the names of Java's options and accessors
            symbols.add(name, path);
        }
        search.add(name, path, language, home, summary);
    }

    @Nullable
    PackageContents find(String name) {
        return packages.get(name);
    }

    Iterable<String> names() {
        return packages.keySet();
    }

    List<Page> pages() {
        return pages;
    }

    /** The first sentence of a description. */
    static String summary(@Nullable Element description) {
        if (description == null) {
            return "";
        }
        Element first = description.clone();
        first.select("pre, p, ul, ol, dl, table").remove();
        String text = first.text().isEmpty() ? description.text() : first.text();
        int end = text.indexOf(". ");
        return end < 0 ? text : text.substring(0, end + 1);
    }
}
