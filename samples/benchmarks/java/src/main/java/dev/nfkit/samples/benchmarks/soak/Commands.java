// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs the tools that a scenario needs. */
final class Commands {
    private Commands() {}

    /** Runs a command to its end and returns its output. Throws if the command fails. */
    static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output;
        try (var stream = process.getInputStream()) {
            process.getOutputStream().close();
            output = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
        if (end(process) != 0) {
            throw new IOException(String.join(" ", List.of(command)) + ": " + output.strip());
        }
        return output;
    }

    /** Waits for the end of a process and returns its exit code. */
    static int end(Process process) throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
