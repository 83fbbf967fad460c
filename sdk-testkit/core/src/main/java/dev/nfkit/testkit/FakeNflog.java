// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.socket.GroupState;
import dev.nfkit.testkit.nflog.NflogModel;
import java.util.List;

/**
 * The kernel's side of NFLOG: groups and their owners, their configuration, the batches that the kernel holds until a
 * threshold, a timeout or UNBIND, and the sequence numbers. Modelled on {@code net/netfilter/nfnetlink_log.c},
 * including what it silently ignores. Safe for any number of threads.
 */
public final class FakeNflog {
    private final NflogModel model;

    FakeNflog(NflogModel model) {
        this.model = model;
    }

    /**
     * Logs a packet to a group, as a rule does. The packet is added to the group's batch, which may then be sent.
     *
     * @param group the group, 0 to 65535
     * @param packet the packet; the kernel sets its group and sequence numbers
     * @return whether the group is bound
     */
    public boolean log(int group, SampleNflog packet) {
        return model.log(group, packet.contents());
    }

    /**
     * Logs a packet of bytes to a group, as a rule without a prefix does: the kernel sends an empty one.
     *
     * @param group the group, 0 to 65535
     * @param packet an IP packet
     * @return whether the group is bound
     */
    public boolean log(int group, byte[] packet) {
        return log(group, SampleNflog.of(packet).prefix(""));
    }

    /**
     * Waits until a group is bound, for code under test on another thread. The wait is in real time and no longer than
     * the clock's patience.
     *
     * @param group the group, 0 to 65535
     * @throws AssertionError if it is not bound within the patience; the message names the bound groups
     */
    public void awaitBound(int group) {
        model.awaitBound(group);
    }

    /**
     * Returns the number of packets that were logged to groups that were not bound.
     *
     * @return a count
     */
    public long unheard() {
        return model.unheard();
    }

    /**
     * Returns the bound groups, as the kernel reports them.
     *
     * @return one entry for each group, by number
     */
    public List<GroupState> groups() {
        return model.groups();
    }
}
