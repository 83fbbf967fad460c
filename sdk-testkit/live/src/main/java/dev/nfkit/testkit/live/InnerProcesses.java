// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.live;

import dev.nfkit.linux.NetworkNamespace;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The processes in a namespace. A child is in the namespace of the thread that starts it. */
final class InnerProcesses implements AutoCloseable {
    /** Longer than any command takes: only a failure reaches it. */
    private static final long BOUND_SECONDS = 60;

    private final NetworkNamespace namespace;
    private final List<Process> started = new ArrayList<>();
    private boolean closed;

    InnerProcesses(NetworkNamespace namespace) {
        this.namespace = namespace;
    }

    Process start(ProcessBuilder builder) throws IOException, InterruptedException {
        try {
            return add(namespace.call(builder::start));
        } catch (IOException | InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private Process add(Process process) {
        synchronized (started) {
            if (closed) {
                kill(process);
                throw new IllegalStateException("the namespace is closed");
            }
            started.removeIf(other -> !other.isAlive());
            started.add(process);
        }
        return process;
    }

    String exec(String... command) throws IOException, InterruptedException {
        String text = String.join(" ", command);
        File output = File.createTempFile("nfkit", ".out"); // a pipe would stay open as long as a child of the command
        try {
            Process process = start(new ProcessBuilder(command)
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(output));
            try {
                if (!process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) {
                    throw new IllegalStateException(
                            text + " does not end in " + BOUND_SECONDS + " s: " + Files.readString(output.toPath()));
                }
            } finally {
                kill(process);
            }
            String printed = Files.readString(output.toPath());
            if (process.exitValue() != 0) {
                throw new IllegalStateException(text + " exits with " + process.exitValue() + ": " + printed);
            }
            return printed;
        } finally {
            Files.deleteIfExists(output.toPath());
        }
    }

    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** Kills the processes that still run. */
    @Override
    public void close() {
        synchronized (started) {
            closed = true;
            started.forEach(InnerProcesses::kill);
        }
    }
}
