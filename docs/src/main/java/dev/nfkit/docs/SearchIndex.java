// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.util.ArrayList;
import java.util.List;
import org.jsoup.nodes.Element;

/** What the search finds: a script, because pages of files cannot read other files. */
final class SearchIndex {
    private final List<String> entries = new ArrayList<>();

    void add(String name, String path, Page.Kind kind, String home, String text) {
        entries.add("[" + quoted(name) + "," + quoted(path) + ","
                + quoted(kind.name().toLowerCase(java.util.Locale.ROOT)) + "," + quoted(home) + "," + quoted(text)
                + "]");
    }

    /** Adds each section of a guide. */
    void add(Page guide) {
        StringBuilder text = new StringBuilder();
        String name = guide.title();
        String path = guide.path();
        for (Element child : guide.content().children()) {
            boolean heading = child.is("h2[id], h3[id]");
            if (heading) {
                add(name, path, Page.Kind.GUIDE, guide.title(), text.toString());
                text.setLength(0);
                name = child.ownText().isEmpty() ? child.text() : child.wholeOwnText();
                path = guide.path() + "#" + child.id();
            } else if (!child.is("h1, figure")) {
                text.append(child.text()).append(' ');
            }
        }
        add(name, path, Page.Kind.GUIDE, guide.title(), text.toString());
    }

    String script() {
        return "window.nfkitIndex = [\n" + String.join(",\n", entries) + "\n];\n";
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
            } else if (c < ' ' || c == 0x2028 || c == 0x2029) {
                quoted.append(' ');
            } else {
                quoted.appendCodePoint(c);
            }
        });
        return quoted.append('"').toString();
    }
}
