// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import dev.nfkit.nftables.bytecode.Log;
import dev.nfkit.nftables.bytecode.Reject;

/** What an evaluation needs of the kernel around it, and reports to it. */
public interface Surroundings {
    /** The time in nanoseconds, by the fake's clock. */
    long now();

    /** The time of day in nanoseconds. */
    long epochNanos();

    /** A random number of 32 bits. */
    int random();

    /** A rule logs the packet. */
    void log(PacketState packet, Log log);

    /** A rule rejects the packet. */
    void rejected(Reject reject);

    /** A rule translates the connection of the packet. */
    void translated(AddressChange change);
}
