// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jsoup.nodes.Element;

/** Pages of the files and directories that guides link to. */
final class Sources {
    private static final Set<String> SKIPPED = Set.of("target", ".git");

    private final Repository repository;

    Sources(Repository repository) {
        this.repository = repository;
    }

    Page page(String file) throws IOException {
        String path = repository.pageOf(file);
        Element content = new Element("div");
        int slash = file.lastIndexOf('/');
        String name = file.substring(slash + 1);
        content.appendElement("h1").addClass("path").text(name);
        if (repository.isDirectory(file)) {
            list(file, path, content);
        } else {
            content.appendElement("pre")
                    .appendElement("code")
                    .addClass("language-" + language(file))
                    .text(repository.read(file));
        }
        List<Page.Target> crumbs =
                List.of(new Page.Target("Source", ""), new Page.Target(file.substring(0, Math.max(slash, 0)), ""));
        return new Page(path, name, Page.Kind.SOURCE, crumbs, content, List.of());
    }

    private void list(String directory, String path, Element content) throws IOException {
        Element list = content.appendElement("ul").addClass("files");
        Path top = repository.path(directory);
        try (Stream<Path> files = Files.walk(top)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String name = top.relativize(file).toString();
                if (SKIPPED.stream().noneMatch(skipped -> ("/" + name).contains("/" + skipped + "/"))
                        && !language(name).isEmpty()) {
                    list.appendElement("li")
                            .appendElement("a")
                            .attr("href", Page.relative(path, repository.pageOf(directory + "/" + name)))
                            .text(name);
                }
            }
        }
    }

    /** The language of a file by its name, or an empty text for files that are not shown. */
    private static String language(String file) {
        String name = file.substring(file.lastIndexOf('/') + 1);
        String extension = name.contains(".") ? name.substring(name.lastIndexOf('.') + 1) : "";
        return switch (extension) {
            case "java" -> "java";
            case "kt" -> "kotlin";
            case "xml" -> "xml";
            case "sh" -> "bash";
            case "c" -> "c";
            case "md" -> "markdown";
            case "json" -> "json";
            case "txt", "nft", "config", "properties", "cmd" -> "plaintext";
            case "" -> name.equals("LICENSE") ? "plaintext" : "bash";
            default -> "";
        };
    }
}
