// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.paths;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.trace.PacketPath;
import dev.nfkit.samples.cli.output.WriteFailure;

/** What a command does with paths. */
public interface PathOutput {
    /** Takes a path. Returns whether it is one that the command counts. */
    boolean path(PacketPath path) throws NetlinkException, WriteFailure;

    /** Whether there is output to flush. */
    boolean dirty();

    /** Flushes the output. */
    void flush() throws WriteFailure;

    /** Ends the output, after the last path. */
    void close() throws WriteFailure;
}
