// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/** The pages that Javadoc made, at the same places below {@code api/java}. */
final class JavadocPages {
    private static final String PREFIX = "api/java/";
    private static final String PACKAGE = "package-summary.html";

    /** What shows that the JDK describes a method. */
    private static final String OF_JDK = "dt:matches(Specified by|Overrides) + dd a.external-link";

    private final Api api;
    private final List<String> undocumented = new ArrayList<>();

    JavadocPages(Api api) {
        this.api = api;
    }

    /** Reads all pages; fails if an element has no description. */
    void read(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory.resolve("dev"))) {
            files = walk.filter(file -> file.toString().endsWith(".html"))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            read(directory, file);
        }
        read(directory, directory.resolve("constant-values.html"));
        if (!undocumented.isEmpty()) {
            throw new IOException("no description: " + String.join(", ", undocumented));
        }
    }

    private void read(Path directory, Path file) throws IOException {
        String place = directory.relativize(file).toString();
        Document document = Jsoup.parse(file);
        document.outputSettings().prettyPrint(false);
        Element main = document.selectFirst("main");
        if (main == null) {
            throw new IOException(file + ": not a page of Javadoc");
        }
        String path = PREFIX + place;
        String title = text(main, "h1");
        main.select(
                        ".sub-title, .table-tabs, hr, section.packages, li:has(> #related-package-summary), li:has(> a[href*=serialized-form.html])")
                .remove();
        main.select(".inherited-list:has(> h3):not(:has(> h3 a))").remove(); // of classes that are not exported
        main.select(".summary-list > li:has(> .field-summary):not(:has(.summary-table, .inherited-list))")
                .remove();
        main.select("ul.tag-list:empty, ul.tag-list-long:empty").remove();
        main.select(".summary-table").forEach(JavadocPages::rows);
        main.select("pre > code:not(:has(*))").addClass("language-java");
        int slash = place.lastIndexOf('/');
        String home = slash < 0 ? "" : place.substring(0, slash).replace('/', '.');
        List<Page.Target> crumbs = slash < 0
                ? List.of()
                : List.of(new Page.Target(home, PREFIX + place.substring(0, slash + 1) + PACKAGE));
        if (place.endsWith(PACKAGE)) {
            api.add(contents(main, home, path));
            crumbs = List.of();
        } else if (slash >= 0) {
            type(main, home, path, place.substring(slash + 1, place.length() - ".html".length()));
        }
        api.add(new Page(path, title, Page.Kind.JAVA, crumbs, main, outline(main)));
    }

    private Api.PackageContents contents(Element main, String name, String path) {
        main.select("#class-summary").prepend("<h2>Types</h2>");
        Element description = main.selectFirst("#package-description .block");
        if (description == null) {
            undocumented.add(name);
        }
        List<Page.Target> types = new ArrayList<>();
        for (Element link : main.select("#class-summary .col-first > a:first-child")) {
            if (!link.text().contains(".")) {
                types.add(new Page.Target(link.text(), path.replace(PACKAGE, link.attr("href"))));
            }
        }
        return new Api.PackageContents(name, Page.Kind.JAVA, path, Api.summary(description), types);
    }

    private void type(Element main, String home, String path, String name) {
        Element description = main.selectFirst("#class-description .block");
        if (description == null) {
            undocumented.add(home + "." + name);
        }
        api.add(name, path, Page.Kind.JAVA, home, Api.summary(description));
        Set<String> members = new HashSet<>();
        for (Element detail : main.select("section.detail")) {
            String member = name + "." + text(detail, "h3");
            Element words = detail.selectFirst(".block");
            if (words == null && detail.selectFirst(OF_JDK) == null) {
                undocumented.add(home + "." + member);
            }
            boolean constructor = detail.closest(".constructor-details") != null;
            if (!constructor && members.add(member)) {
                api.add(member, path + "#" + detail.id(), Page.Kind.JAVA, home, Api.summary(words));
            }
        }
    }

    /** Puts the cells of each row into an element of their own. */
    private static void rows(Element table) {
        List<Element> cells = new ArrayList<>(table.children());
        Element row = table;
        for (Element cell : cells) {
            if (cell.hasClass("table-header")) {
                cell.remove();
            } else {
                if (cell.hasClass("col-first")) {
                    row = table.appendElement("div").addClass("row");
                }
                row.appendChild(cell);
            }
        }
    }

    private static List<Page.Heading> outline(Element main) {
        List<Page.Heading> outline = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Element part : main.select(".details-list > li > section[id]")) {
            outline.add(new Page.Heading(2, text(part, "h2").replace(" Details", "s"), part.id()));
            for (Element detail : part.select("section.detail")) {
                String name = text(detail, "h3");
                if (names.add(part.id() + name)) {
                    outline.add(new Page.Heading(3, name, detail.id()));
                }
            }
        }
        return outline;
    }

    private static String text(Element within, String selector) {
        Element found = within.selectFirst(selector);
        return found == null ? "" : found.text();
    }
}
