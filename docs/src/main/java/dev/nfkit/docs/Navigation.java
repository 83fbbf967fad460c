// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The order of guides and packages, as {@code docs/navigation.txt} gives it: a line {@code [Title]} begins a group, and the
 * other lines are files below {@code docs}, or packages if the group is one of the API. A file that does not exist has
 * no entry. A guide that is in no group is in the last one.
 */
final class Navigation {
    private static final String API = "API: ";
    private static final List<String> NO_GUIDES = List.of("docs/Module.md", "docs/cookbook/README.md");

    /** A group of guides, by their paths in the repository, or of packages, by their names. */
    record Group(String title, boolean api, List<String> entries) {
        /** A guide's title without the words that are the group's. */
        String label(Page guide) {
            String title = guide.title();
            return title().contains(" ") && title.startsWith(title() + " ")
                    ? title.substring(title().length() + 1)
                    : title;
        }
    }

    private final List<Group> groups;

    private Navigation(List<Group> groups) {
        this.groups = groups;
    }

    /** Reads the order, and finds the guides. */
    static Navigation read(Path root) throws IOException {
        List<Group> groups = new ArrayList<>();
        for (String line : Files.readAllLines(root.resolve("docs/navigation.txt"))) {
            String entry = line.strip();
            if (entry.startsWith("[")) {
                String title = entry.substring(1, entry.length() - 1);
                boolean api = title.startsWith(API);
                groups.add(new Group(api ? title.substring(API.length()) : title, api, new ArrayList<>()));
            } else if (!entry.isEmpty() && !entry.startsWith("#")) {
                add(groups.get(groups.size() - 1), root, entry);
            }
        }
        TreeSet<String> others = new TreeSet<>();
        for (String folder : List.of("docs", "docs/guide", "docs/cookbook")) {
            others.addAll(guidesIn(root, folder));
        }
        groups.forEach(group -> others.removeAll(group.entries()));
        groups.stream()
                .filter(group -> !group.api())
                .reduce((first, second) -> second)
                .orElseThrow()
                .entries()
                .addAll(others);
        groups.removeIf(group -> group.entries().isEmpty());
        return new Navigation(List.copyOf(groups));
    }

    private static void add(Group group, Path root, String entry) throws IOException {
        if (group.api()) {
            group.entries().add(entry);
        } else if (entry.endsWith("/")) {
            group.entries().addAll(guidesIn(root, entry.substring(0, entry.length() - 1)));
        } else if (Files.exists(root.resolve(entry))) {
            group.entries().add(entry);
        }
    }

    private static List<String> guidesIn(Path root, String folder) throws IOException {
        if (!Files.isDirectory(root.resolve(folder))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(root.resolve(folder))) {
            return files.map(file -> folder + "/" + file.getFileName())
                    .filter(name -> name.endsWith(".md") && !NO_GUIDES.contains(name))
                    .sorted()
                    .toList();
        }
    }

    List<Group> guides() {
        return groups.stream().filter(group -> !group.api()).toList();
    }

    List<Group> packages() {
        return groups.stream().filter(Group::api).toList();
    }
}
