// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * The files to install.
 *
 * @param root their directory
 */
record Tree(Path root) {
    static Tree of(Path root) {
        return new Tree(root);
    }

    /** An empty directory, whose former contents are deleted. */
    static Tree empty(Path root) throws IOException {
        delete(root);
        Files.createDirectories(root);
        return new Tree(root);
    }

    static void delete(Path root) throws IOException {
        if (Files.exists(root)) {
            try (Stream<Path> all = Files.walk(root)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    Path at(String path) {
        return root.resolve(path);
    }

    /** Adds all files of a directory. */
    void copy(Path from) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                Path to = root.resolve(from.relativize(file).toString());
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
            }
        }
    }

    void text(String path, String text) throws IOException {
        Files.writeString(made(path), text);
    }

    /** A text, compressed by gzip, without name and time. */
    void compressed(String path, String text) throws IOException {
        try (OutputStream file = Files.newOutputStream(made(path));
                OutputStream gzip = new GZIPOutputStream(file)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Path made(String path) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return file;
    }

    /** Sets the modes: those of programs for the given files, and what others may read for the rest. */
    void modes(List<String> programs) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.toList()) {
                boolean executable = Files.isDirectory(path)
                        || programs.contains(root.relativize(path).toString());
                Files.setPosixFilePermissions(
                        path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
            }
        }
    }
}
