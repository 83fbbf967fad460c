// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.linux.NetworkNamespace;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.samples.cli.run.NetlinkRecording;
import dev.nfkit.socket.NetlinkTransport;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The network namespace to work in. */
public final class NamespaceArgument {
    @Option(
            names = "--netns",
            paramLabel = "NAME|PATH|PID",
            description = "The network namespace; this process's by default.")
    private @Nullable String namespace;

    public NetlinkTransport transport() throws Failure {
        return NetlinkRecording.recorded(open());
    }

    private NetlinkTransport open() throws Failure {
        if (namespace == null) {
            return LinuxTransport.current();
        }
        try {
            return LinuxTransport.of(named(namespace));
        } catch (IllegalArgumentException e) {
            throw Failure.usage("--netns " + namespace + ": " + e.getMessage(), e);
        }
    }

    private static NetworkNamespace named(String text) {
        if (text.contains("/")) {
            return NetworkNamespace.at(Path.of(text));
        }
        return text.matches("\\d{1,18}")
                ? NetworkNamespace.ofProcess(Long.parseLong(text))
                : NetworkNamespace.named(text);
    }
}
