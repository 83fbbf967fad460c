// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Comment;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;

/** Guides as HTML, with links to other pages of the site. */
final class Markdown {
    private static final List<Extension> EXTENSIONS =
            List.of(TablesExtension.create(), HeadingAnchorExtension.create());
    private static final Parser PARSER = Parser.builder().extensions(EXTENSIONS).build();
    private static final HtmlRenderer RENDERER =
            HtmlRenderer.builder().extensions(EXTENSIONS).build();
    private static final Pattern ORIGIN = Pattern.compile("\\s*from (\\S+)\\s*");
    private static final Pattern COMMAND = Pattern.compile("(?:#.*\n)*\\s*(?:\\S*/)?(\\w[\\w-]*).*", Pattern.DOTALL);
    private static final Set<String> COMMANDS = Set.of(
            "apt-get",
            "cat",
            "conntrack",
            "ip",
            "iptables",
            "java",
            "mergecap",
            "mvnw",
            "nfkit",
            "nft",
            "setcap",
            "sudo",
            "sysctl",
            "tcpdump",
            "unshare");

    private final Repository repository;
    private final Symbols symbols;

    Markdown(Repository repository, Symbols symbols) {
        this.repository = repository;
        this.symbols = symbols;
    }

    /** The page of a file in Markdown. */
    Page page(String file, Page.Kind kind, String group) throws IOException {
        String path = repository.pageOf(file);
        Document document = Jsoup.parseBodyFragment(RENDERER.render(PARSER.parse(repository.read(file))));
        document.outputSettings().prettyPrint(false);
        Element body = document.body();
        for (Element link : body.select("a[href]")) {
            link(file, path, link);
        }
        for (Element image : body.select("img[src]:not([src^=https:])")) {
            String source = repository.imageOf(repository.resolve(file, image.attr("src")));
            image.attr("src", Page.relative(path, source));
        }
        for (Element code : body.select("pre > code:not([class])")) {
            Matcher command = COMMAND.matcher(code.wholeText());
            code.addClass(
                    command.matches() && COMMANDS.contains(command.group(1)) ? "language-bash" : "language-plaintext");
        }
        for (Element block : body.select("pre")) {
            origin(path, block);
        }
        for (Element code : body.select("code")) {
            name(path, code);
        }
        body.select("table").wrap("<div class=\"wide\"></div>");
        Element title = body.selectFirst("h1");
        if (title == null) {
            throw new IOException(file + ": a guide begins with its title");
        }
        return new Page(path, title.text(), kind, List.of(new Page.Target(group, "")), body, outline(body));
    }

    private void link(String file, String path, Element link) throws IOException {
        String target = link.attr("href");
        if (target.startsWith("https://") || target.startsWith("http://") || target.startsWith("mailto:")) {
            link.addClass("external");
        } else if (!target.startsWith("#")) {
            int hash = target.indexOf('#');
            String name = hash < 0 ? target : target.substring(0, hash);
            String page = repository.pageOf(repository.resolve(file, name));
            link.attr("href", Page.relative(path, page) + (hash < 0 ? "" : target.substring(hash)));
        }
    }

    /** Shows the file that a block is from. */
    private void origin(String path, Element block) {
        Node before = block.previousSibling();
        while (before != null && before.outerHtml().isBlank()) {
            before = before.previousSibling();
        }
        if (!(before instanceof Comment comment)) {
            return;
        }
        Matcher origin = ORIGIN.matcher(comment.getData());
        if (origin.matches()) {
            String file = origin.group(1);
            block.wrap("<figure></figure>");
            Element caption = new Element("figcaption");
            caption.appendElement("a")
                    .attr("href", Page.relative(path, repository.pageOf(file)))
                    .text(file.substring(file.lastIndexOf('/') + 1));
            block.before(caption);
        }
        comment.remove();
    }

    private void name(String path, Element code) {
        boolean plain = code.closest("a, pre, h1, h2, h3, h4") == null;
        String place = plain ? symbols.place(code.text()) : null;
        if (place != null) {
            code.wrap("<a class=\"api\"></a>");
            Element link = code.parent();
            if (link != null) {
                link.attr("href", Page.relative(path, place));
            }
        }
    }

    private static List<Page.Heading> outline(Element body) {
        List<Page.Heading> outline = new ArrayList<>();
        for (Element heading : body.select("h2[id], h3[id]")) {
            outline.add(new Page.Heading(heading.tagName().charAt(1) - '0', heading.text(), heading.id()));
            heading.appendElement("a")
                    .addClass("anchor")
                    .attr("href", "#" + heading.id())
                    .attr("aria-label", "Link to this section");
        }
        return outline;
    }
}
