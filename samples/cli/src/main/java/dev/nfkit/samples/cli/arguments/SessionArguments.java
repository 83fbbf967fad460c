// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.arguments;

import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.run.Failure;
import dev.nfkit.socket.NetlinkTransport;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of sessions of all families, and of their network namespace. */
public final class SessionArguments {
    @Option(
            names = {"-s", "--snapshot-length", "--copy-range"},
            paramLabel = "BYTES",
            defaultValue = "0",
            description = "Copy at most N bytes of a packet, up to 65531; 0, the default, copies whole packets.")
    private int copyRange;

    @Option(
            names = {"-B", "--buffer-size"},
            paramLabel = "MIB",
            description = "Receive buffer in MiB; 64 or less by default.")
    private @Nullable Integer mebibytes;

    @Option(names = "--conntrack", description = "Also receive each packet's connection, if the kernel supports it.")
    private boolean conntrack;

    @Mixin
    private NamespaceArgument namespace = new NamespaceArgument();

    /** The copy range in bytes; 0 for whole packets. */
    public int copyRange() throws Failure {
        if (copyRange < 0 || copyRange > 65531) {
            throw Failure.usage("-s " + copyRange + ": copy range is out of range 0 to 65531 (0 copies whole packets)");
        }
        return copyRange;
    }

    /** The receive buffer in bytes, if it was given. */
    public OptionalInt receiveBuffer() throws Failure {
        if (mebibytes == null) {
            return OptionalInt.empty();
        }
        if (mebibytes < 1 || mebibytes > 1023) {
            throw Failure.usage("-B " + mebibytes + ": expected 1 to 1023 MiB");
        }
        return OptionalInt.of(mebibytes << 20);
    }

    public boolean conntrack() {
        return conntrack;
    }

    public NetlinkTransport transport() throws Failure {
        return namespace.transport();
    }

    /** Prints a warning if the receive buffer is smaller than requested. */
    public static void warnOfSmallBuffer(int reached, int wanted, String consequence) {
        if (reached < wanted) {
            Messages.print("nfkit: the receive buffer is " + reached / 1024 + " KiB instead of " + (wanted >> 20)
                    + " MiB: net.core.rmem_max limits it here, " + consequence + "; sysctl -w net.core.rmem_max="
                    + wanted
                    + " raises it");
        }
    }
}
