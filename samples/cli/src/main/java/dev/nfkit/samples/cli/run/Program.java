// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.run;

import java.util.List;

/** The command line as its commands see it, which start other commands. Picocli passes it to them as their parent. */
public interface Program {
    /** Name and version, for {@code --version} and recordings. */
    String VERSION = "nfkit 0.1.0-SNAPSHOT";

    /**
     * Runs another command in this process.
     *
     * @param words the command's name and arguments
     * @return the exit code
     */
    int start(List<String> words);
}
