// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.packaging;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The product's Java: only the modules that it needs, and a cache of the classes that its commands load. */
final class RuntimeImage {
    private static final String MODULE = "dev.nfkit.samples.cli";

    private final Path home;

    private RuntimeImage(Path home) {
        this.home = home;
    }

    static RuntimeImage link(Jdk jdk, Path modules, Path home) throws IOException, InterruptedException {
        Path keep = home.resolveSibling(home.getFileName() + ".files");
        boolean files = Files.exists(home);
        if (files) {
            Files.move(home, keep); // jlink makes the directory itself
        }
        run(
                List.of(
                        jdk.home().resolve("bin/jlink").toString(),
                        "--module-path",
                        modules + ":" + modules.resolve("jna"),
                        "--add-modules",
                        MODULE,
                        "--strip-debug",
                        "--no-man-pages",
                        "--no-header-files",
                        "--compress",
                        "zip-6",
                        "--output",
                        home.toString()),
                modules,
                modules.resolveSibling("jlink.log"));
        if (files) {
            Tree.of(home).copy(keep);
            Tree.delete(keep);
        }
        // Nothing of these runs.
        for (String unused : List.of("bin/keytool", "lib/jexec", "lib/jrt-fs.jar", "lib/classlist")) {
            Files.deleteIfExists(home.resolve(unused));
        }
        return new RuntimeImage(home);
    }

    /**
     * Makes a cache for each file of a directory. It runs the file's commands once in one process, and keeps the classes that
     * they load, linked and partly initialized. In a network namespace of its own, where commands may read the kernel's
     * tables; where that is not permitted, they fail, and only the classes up to there are kept.
     */
    void train(Path trainings, Path recordings, Path work) throws IOException, InterruptedException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(trainings)) {
            for (Path commands : files) {
                cache(commands, recordings, work.resolve("training-" + commands.getFileName() + ".log"));
            }
        }
    }

    private void cache(Path commands, Path recordings, Path log) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        if (new ProcessBuilder("unshare", "-Urn", "true").start().waitFor() == 0) {
            command.addAll(List.of("unshare", "-Urn"));
        }
        Path cache = home.resolve("lib/" + commands.getFileName() + ".aot");
        command.add(home.resolve("bin/java").toString());
        command.add("-XX:AOTCacheOutput=" + cache);
        // Profiles of methods make a cache larger, and are for long runs.
        command.addAll(List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTRecordTraining"));
        for (String options : List.of("options", "options-short")) {
            command.addAll(Files.readAllLines(home.resolve(options)));
        }
        command.add("-m");
        command.add(MODULE + "/" + MODULE + ".Training");
        command.add(commands.toAbsolutePath().toString());
        run(command, recordings, log);
        if (!Files.exists(cache)) {
            throw new IOException("no cache was made: see " + log);
        }
    }

    private static void run(List<String> command, Path directory, Path log) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process.getOutputStream().close();
        int code = process.waitFor();
        if (code != 0) {
            throw new IOException("exit code " + code + " of " + command + ":\n" + Files.readString(log));
        }
    }
}
