// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.util.List;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Entities;
import org.jspecify.annotations.Nullable;

/** The frame that all pages have: header, navigation, way, outline. */
final class Layout {
    private final String template;
    private final String version;
    private final Navigation navigation;
    private final List<Page> guides;
    private final Repository repository;
    private final Api api;

    Layout(String template, String version, Navigation navigation, List<Page> guides, Repository repository, Api api) {
        this.template = template;
        this.version = version;
        this.navigation = navigation;
        this.guides = List.copyOf(guides);
        this.repository = repository;
        this.api = api;
    }

    /** A page as HTML. */
    String html(Page page) {
        return template.replace("{{title}}", Entities.escape(page.title()))
                .replace("{{root}}", page.linkTo(""))
                .replace("{{version}}", Entities.escape(version))
                .replace("{{kind}}", page.kind().name().toLowerCase(java.util.Locale.ROOT))
                .replace("{{navigation}}", navigation(page).outerHtml())
                .replace("{{crumbs}}", crumbs(page))
                .replace("{{outline}}", outline(page))
                .replace("{{neighbours}}", neighbours(page))
                .replace("{{content}}", page.content().html());
    }

    private Element navigation(Page page) {
        Element list = new Element("div");
        for (Navigation.Group group : navigation.guides()) {
            Element entries =
                    group(list, group.title(), page.kind() == Page.Kind.GUIDE || page.kind() == Page.Kind.HOME);
            for (String file : group.entries()) {
                String path = repository.pageOf(file);
                guides.stream()
                        .filter(guide -> guide.path().equals(path))
                        .forEach(guide -> entry(entries, page, group.label(guide), path));
            }
        }
        if (!navigation.packages().isEmpty() && api.names().iterator().hasNext()) {
            list.appendElement("a")
                    .addClass("part")
                    .attr("href", page.linkTo("api/index.html"))
                    .text("API reference");
        }
        for (Navigation.Group group : navigation.packages()) {
            packages(list, page, group);
        }
        return list;
    }

    private void packages(Element list, Page page, Navigation.Group group) {
        List<Api.PackageContents> packages = group.entries().stream()
                .map(api::find)
                .filter(found -> found != null)
                .toList();
        if (packages.isEmpty()) {
            return;
        }
        boolean open = packages.stream().anyMatch(part -> contains(part, page))
                || page.path().equals("api/index.html");
        Element entries = group(list, group.title(), open);
        for (Api.PackageContents part : packages) {
            String name =
                    part.name().equals("dev.nfkit") ? part.name() : part.name().substring("dev.nfkit.".length());
            Element item = entry(entries, page, name, part.path());
            if (contains(part, page)) {
                Element types = item.appendElement("ul");
                part.types().forEach(type -> entry(types, page, type.text(), type.path()));
            }
        }
    }

    private static boolean contains(Api.PackageContents part, Page page) {
        return page.path().equals(part.path())
                || page.crumbs().stream().anyMatch(crumb -> crumb.path().equals(part.path()));
    }

    private static Element group(Element list, String title, boolean open) {
        Element group = list.appendElement("details").attr("open", open);
        group.appendElement("summary").text(title);
        return group.appendElement("ul");
    }

    private static Element entry(Element list, Page page, String text, String path) {
        Element item = list.appendElement("li");
        Element link = item.appendElement("a").attr("href", page.linkTo(path)).text(text);
        if (page.path().equals(path)) {
            link.attr("aria-current", "page");
        }
        return item;
    }

    private String crumbs(Page page) {
        if (page.kind() == Page.Kind.HOME) {
            return "";
        }
        Element crumbs = new Element("div").addClass("crumbs");
        crumbs.appendElement("a").attr("href", page.linkTo("index.html")).text("nfkit");
        boolean reference = page.kind() == Page.Kind.JAVA || page.kind() == Page.Kind.KOTLIN;
        if (reference) {
            crumbs.appendElement("a")
                    .attr("href", page.linkTo("api/index.html"))
                    .text("API reference");
        }
        for (Page.Target crumb : page.crumbs()) {
            if (crumb.text().isEmpty()) {
                continue;
            }
            if (crumb.path().isEmpty()) {
                crumbs.appendElement("span").text(crumb.text());
            } else {
                crumbs.appendElement("a")
                        .attr("href", page.linkTo(crumb.path()))
                        .text(crumb.text());
            }
        }
        if (reference) {
            crumbs.appendElement("b").text(page.kind() == Page.Kind.JAVA ? "Java" : "Kotlin");
        }
        return crumbs.outerHtml();
    }

    private static String outline(Page page) {
        if (page.outline().size() < 2) {
            return "";
        }
        Element outline = new Element("nav").addClass("outline").attr("aria-label", "On this page");
        outline.appendElement("h2").text("On this page");
        Element list = outline.appendElement("ul");
        for (Page.Heading heading : page.outline()) {
            list.appendElement("li")
                    .addClass("level" + heading.level())
                    .appendElement("a")
                    .attr("href", "#" + heading.anchor())
                    .text(heading.text());
        }
        return outline.outerHtml();
    }

    private String neighbours(Page page) {
        int place = page.kind() == Page.Kind.GUIDE ? guides.indexOf(page) : -1;
        if (place < 0) {
            return "";
        }
        Element links = new Element("nav").addClass("neighbours").attr("aria-label", "Next pages");
        neighbour(links, page, "previous", place == 0 ? null : guides.get(place - 1));
        neighbour(links, page, "next", place == guides.size() - 1 ? null : guides.get(place + 1));
        return links.outerHtml();
    }

    private static void neighbour(Element links, Page page, String kind, @Nullable Page other) {
        if (other != null) {
            Element link = links.appendElement("a").addClass(kind).attr("href", page.linkTo(other.path()));
            link.appendElement("small").text(kind.equals("next") ? "Next" : "Previous");
            link.appendElement("span").text(other.title());
        }
    }
}
