// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Runs several commands in one process, so that the cache of the packaged command line has the classes that they load. What
 * they print and how they end is of no interest.
 */
public final class Training {
    private Training() {}

    /**
     * Runs them and exits.
     *
     * @param args a file with a command in each line; words are separated by spaces
     */
    public static void main(String[] args) throws IOException {
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            if (!line.isBlank() && !line.startsWith("#")) {
                Main.run(line.split(" ", -1));
            }
        }
        System.exit(0);
    }
}
