// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Makes the site from the repository's guides and the pages of Javadoc and Dokka. */
public final class Site {
    private static final List<String> ASSETS = List.of("site.css", "theme.js", "site.js", "search.js");

    private final Repository repository;
    private final Path output;
    private final Navigation navigation;
    private final Symbols symbols = new Symbols();
    private final SearchIndex search = new SearchIndex();
    private final Api api = new Api(symbols, search);

    private Site(Path root, Path output) throws IOException {
        this.repository = new Repository(root);
        this.output = output;
        this.navigation = Navigation.read(root);
    }

    /**
     * Makes the site.
     *
     * @param arguments the directories of the repository, of Javadoc's pages, of Dokka's module, and of the site; the
     *     address that Dokka gave Java's pages; the version; and the files of libraries' scripts
     * @throws IOException if a file is missing, a link leads nowhere, or an element of the API has no description or
     *     its package no group
     */
    public static void main(String[] arguments) throws IOException {
        Site site = new Site(Path.of(arguments[0]), Path.of(arguments[3]));
        new JavadocPages(site.api).read(Path.of(arguments[1]));
        new DokkaPages(site.api, arguments[4]).read(Path.of(arguments[2]));
        site.write(arguments[5]);
        for (String script : List.of(arguments).subList(6, arguments.length)) {
            site.copy(
                    "/META-INF/resources/webjars/" + script,
                    Path.of(script).getFileName().toString());
        }
    }

    private void write(String version) throws IOException {
        Markdown markdown = new Markdown(repository, symbols);
        List<Page> guides = new ArrayList<>();
        for (Navigation.Group group : navigation.guides()) {
            for (String file : group.entries()) {
                guides.add(markdown.page(file, Page.Kind.GUIDE, group.title()));
            }
        }
        guides.forEach(search::add);
        Overviews overviews = new Overviews(navigation, repository, api);
        Page home = overviews.home(markdown.page("README.md", Page.Kind.HOME, ""), guides);
        search.add(home);

        List<Page> pages = new ArrayList<>(guides);
        pages.add(home);
        pages.add(overviews.packages());
        pages.addAll(api.pages());
        Sources sources = new Sources(repository);
        for (String file = repository.next(); file != null; file = repository.next()) {
            String path = repository.pageOf(file);
            if (pages.stream().noneMatch(page -> page.path().equals(path))) {
                pages.add(
                        Repository.isGuide(file) ? markdown.page(file, Page.Kind.GUIDE, "Source") : sources.page(file));
            }
        }
        Layout layout = new Layout(resource("layout.html"), version, navigation, guides, repository, api);
        for (Page page : pages) {
            Path file = output.resolve(page.path());
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.writeString(file, layout.html(page));
        }
        for (String image : repository.images()) {
            Path file = output.resolve(repository.imageOf(image));
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.copy(repository.path(image), file, StandardCopyOption.REPLACE_EXISTING);
        }
        for (String asset : ASSETS) {
            copy(asset, asset);
        }
        Files.writeString(output.resolve("assets/search-index.js"), search.script());
    }

    private void copy(String resource, String name) throws IOException {
        Path file = output.resolve("assets").resolve(name);
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        try (InputStream bytes = open(resource)) {
            Files.copy(bytes, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static String resource(String name) throws IOException {
        try (InputStream bytes = open(name)) {
            return new String(bytes.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static InputStream open(String name) throws IOException {
        InputStream bytes = Site.class.getResourceAsStream(name);
        if (bytes == null) {
            throw new IOException("no resource " + name);
        }
        return bytes;
    }
}
