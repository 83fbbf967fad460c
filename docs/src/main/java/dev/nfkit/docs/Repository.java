// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The files of the repository, and the pages of those that guides link to. */
final class Repository {
    private final Path root;
    private final Set<String> known = new LinkedHashSet<>();
    private final Set<String> images = new LinkedHashSet<>();
    private final Queue<String> linked = new ArrayDeque<>();

    Repository(Path root) {
        this.root = root.normalize();
    }

    /** The page of a file or directory, which becomes part of the site. */
    String pageOf(String file) {
        if (known.add(file)) {
            linked.add(file);
        }
        if (file.equals("README.md")) {
            return "index.html";
        }
        if (!isGuide(file)) {
            String readme = file.isEmpty() ? "README.md" : file + "/README.md";
            return !isDirectory(file)
                    ? "source/" + file + ".html"
                    : Files.exists(root.resolve(readme)) ? pageOf(readme) : "source/" + file + "/index.html";
        }
        String name = file.substring(0, file.length() - ".md".length()).toLowerCase(Locale.ROOT) + ".html";
        if (name.equals("docs/cookbook/readme.html")) {
            return "cookbook/index.html";
        }
        for (String folder : new String[] {"docs/guide/", "docs/cookbook/", "docs/"}) {
            if (name.startsWith(folder)) {
                String kind = folder.equals("docs/cookbook/") ? "cookbook/" : "guide/";
                return kind + name.substring(folder.length());
            }
        }
        return (name.contains("/") ? "source/" : "project/") + name;
    }

    /** The place of a picture, which becomes part of the site. */
    String imageOf(String file) {
        images.add(file);
        return "source/" + file;
    }

    Set<String> images() {
        return images;
    }

    /** Whether a file is shown as text with headings, and not as source. */
    static boolean isGuide(String file) {
        boolean place = !file.contains("/") || file.startsWith("docs/") || file.endsWith("/README.md");
        return place && file.endsWith(".md");
    }

    /** The file that a link of another one names. */
    String resolve(String from, String link) throws IOException {
        Path file = root.resolve(from).resolveSibling(link).normalize();
        if (!file.startsWith(root) || !Files.exists(file)) {
            throw new IOException(from + ": the link to " + link + " has no file");
        }
        return root.relativize(file).toString();
    }

    /** A file that pages link to and that has no page yet, or null. */
    @Nullable
    String next() {
        return linked.poll();
    }

    boolean isDirectory(String file) {
        return Files.isDirectory(root.resolve(file));
    }

    String read(String file) throws IOException {
        return Files.readString(root.resolve(file));
    }

    Path path(String file) {
        return root.resolve(file);
    }
}
