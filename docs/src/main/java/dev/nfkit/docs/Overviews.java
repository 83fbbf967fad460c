// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jsoup.nodes.Element;

/** The pages that show what the others are: the first one, and the packages of the API. */
final class Overviews {
    private final Navigation navigation;
    private final Repository repository;
    private final Api api;

    Overviews(Navigation navigation, Repository repository, Api api) {
        this.navigation = navigation;
        this.repository = repository;
        this.api = api;
    }

    /** The README with the groups of guides after its first paragraphs. */
    Page home(Page readme, List<Page> guides) {
        Element cards = new Element("div").addClass("cards");
        for (Navigation.Group group : navigation.guides()) {
            Element card = card(cards, group.title());
            for (String file : group.entries()) {
                String path = repository.pageOf(file);
                guides.stream()
                        .filter(guide -> guide.path().equals(path))
                        .forEach(guide -> link(card, readme, group.label(guide), path));
            }
        }
        Element reference = card(cards, "API reference");
        for (Navigation.Group group : navigation.packages()) {
            link(reference, readme, group.title(), "api/index.html#" + anchor(group));
        }
        Element section = readme.content().selectFirst("h2");
        if (section == null) {
            readme.content().appendChild(cards);
        } else {
            section.before(cards);
        }
        return readme;
    }

    private static Element card(Element cards, String title) {
        Element card = cards.appendElement("section");
        card.appendElement("h2").text(title);
        return card.appendElement("ul");
    }

    private static void link(Element list, Page page, String text, String path) {
        list.appendElement("li")
                .appendElement("a")
                .attr("href", page.linkTo(path))
                .text(text);
    }

    /** All packages by their groups; fails if a package is in none. */
    Page packages() throws IOException {
        Page page =
                new Page("api/index.html", "API reference", Page.Kind.API, List.of(), new Element("div"), List.of());
        Element content = page.content();
        content.appendElement("h1").text("API reference");
        Set<String> grouped = new HashSet<>();
        for (Navigation.Group group : navigation.packages()) {
            content.appendElement("h2").id(anchor(group)).text(group.title());
            Element table = content.appendElement("div").addClass("summary-table");
            for (String name : group.entries()) {
                Api.PackageContents part = api.find(name);
                if (part == null) {
                    throw new IOException("docs/navigation.txt: there is no package " + name);
                }
                grouped.add(name);
                Element row = table.appendElement("div").addClass("row");
                Element first = row.appendElement("div").addClass("col-first");
                first.appendElement("a").attr("href", page.linkTo(part.path())).text(name);
                row.appendElement("div").addClass("col-last").text(part.summary());
            }
        }
        for (String name : api.names()) {
            if (!grouped.contains(name)) {
                throw new IOException("docs/navigation.txt: the package " + name + " is in no group");
            }
        }
        return page;
    }

    private static String anchor(Navigation.Group group) {
        return group.title().toLowerCase(java.util.Locale.ROOT).replace(' ', '-');
    }
}
