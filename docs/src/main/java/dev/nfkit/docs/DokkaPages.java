// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/** The pages that Dokka made, at the same places below {@code api/kotlin}. */
final class DokkaPages {
    private static final String PREFIX = "api/kotlin/";
    private static final String INDEX = "/index.html";

    /** Kotlin's names of types in the anchors of Java's methods. */
    private static final Map<String, String> JAVA_TYPES = Map.of(
            "kotlin.Boolean", "boolean",
            "kotlin.Int", "int",
            "kotlin.Long", "long",
            "kotlin.String", "java.lang.String",
            "kotlin.ByteArray", "byte[]");

    private final Api api;
    private final String javaUrl;

    /** Links that begin with the given address are to pages of Javadoc. */
    DokkaPages(Api api, String javaUrl) {
        this.api = api;
        this.javaUrl = javaUrl;
    }

    /** Reads all pages of the module. */
    void read(Path module) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(module)) {
            files = walk.filter(file -> file.toString().endsWith(".html"))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            read(module, file);
        }
    }

    private void read(Path module, Path file) throws IOException {
        String place = module.relativize(file).toString();
        Document document = Jsoup.parse(file);
        document.outputSettings().prettyPrint(false);
        Element content = document.selectFirst("#content");
        Element title = content == null ? null : content.selectFirst("h1");
        if (content == null || title == null) {
            throw new IOException(file + ": not a page of Dokka");
        }
        String path = PREFIX + place;
        String home = place.substring(0, place.indexOf('/'));
        List<Page.Target> crumbs = new ArrayList<>();
        for (Element link : content.select(".breadcrumbs a")) {
            if (!link.text().equals("nfkit")) {
                crumbs.add(new Page.Target(link.text(), resolve(path, link.attr("href"))));
            }
        }
        content.select(".breadcrumbs, .tabs-section, .anchor-wrapper, .copy-tooltip, .copy-popup-wrapper")
                .remove();
        content.select("wbr").remove();
        for (Element code : content.select("pre > code")) {
            code.text(code.wholeText()).attr("class", "language-kotlin");
        }
        for (Element link : content.select("a[href^=" + javaUrl + "]")) {
            String target = link.attr("href").substring(javaUrl.length());
            for (Map.Entry<String, String> type : JAVA_TYPES.entrySet()) {
                target = target.replace(type.getKey(), type.getValue());
            }
            link.attr("href", Page.relative(path, "api/java/" + target));
        }
        Element words = content.selectFirst("p.paragraph");
        if (place.equals(home + INDEX)) {
            title.text("Package " + home);
            api.add(new Api.PackageContents(home, Page.Kind.KOTLIN, path, Api.summary(words), types(content, path)));
        } else {
            String name = title.text();
            String owner = crumbs.size() > 1 ? crumbs.get(crumbs.size() - 1).text() + "." : "";
            api.add(owner + name, path, Page.Kind.KOTLIN, home, Api.summary(words));
        }
        api.add(new Page(path, title.text(), Page.Kind.KOTLIN, crumbs, content, List.of()));
    }

    private static List<Page.Target> types(Element content, String path) {
        List<Page.Target> types = new ArrayList<>();
        for (Element link : content.select("[data-togglable=TYPE] .main-subrow > div:first-child a[href]")) {
            types.add(new Page.Target(link.text(), resolve(path, link.attr("href"))));
        }
        return types;
    }

    private static String resolve(String path, String link) {
        return Path.of(path).resolveSibling(link).normalize().toString();
    }
}
