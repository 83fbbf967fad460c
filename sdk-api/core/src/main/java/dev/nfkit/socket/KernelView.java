// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.AddressFamily;
import dev.nfkit.NetlinkException;
import java.util.List;
import java.util.Optional;

/**
 * The state of a network namespace, apart from its sockets: owners of groups and queues, loggers, capabilities, names
 * of interfaces. Safe for any number of threads. Nothing here is on a hot path. If the system does not provide a value,
 * the result is empty rather than an error.
 */
public interface KernelView {
    /**
     * All bound NFLOG groups.
     *
     * @return one entry for each group; empty also if the file cannot be read ({@link #unreadable})
     */
    List<GroupState> nflogGroups();

    /**
     * All bound NFQUEUE queues, with the kernel's own counters.
     *
     * @return one entry for each queue; empty also if the file cannot be read ({@link #unreadable})
     */
    List<QueueState> nfqueues();

    /**
     * Why {@link #nflogGroups} or {@link #nfqueues} cannot list what is bound. The files {@code
     * /proc/net/netfilter/nfnetlink_log} and {@code nfnetlink_queue} are readable for root of the user namespace that
     * owned the network namespace when it was made: {@code unshare -Urn} makes it before there is such a root.
     *
     * @return the failed call, its error and the cure, in one sentence; empty if both lists are complete, which they
     *     also are without a file: then the kernel's part for it is not loaded, and nothing is bound
     */
    default Optional<String> unreadable() {
        return Optional.empty();
    }

    /**
     * The process that owns a socket.
     *
     * @param portId the socket's port id
     * @return the process, or empty if it cannot be found: it is in another pid namespace, or this process may not
     *     inspect it
     */
    Optional<SocketOwner> owner(long portId);

    /**
     * Whether this process may configure netfilter here.
     *
     * @return the result
     */
    NetAdmin netAdmin();

    /**
     * The name of an interface of this namespace, at this moment.
     *
     * @param index the interface's index
     * @return its name, or empty if there is none
     */
    Optional<String> interfaceName(long index);

    /**
     * The logger of a family, which receives what the kernel itself logs ({@code
     * /proc/sys/net/netfilter/nf_log/<family>}).
     *
     * @param family the family
     * @return the logger's name, such as {@code nfnetlink_log}; {@code NONE} if there is none
     * @throws NetlinkException if it cannot be read
     */
    String logger(AddressFamily family) throws NetlinkException;

    /**
     * Sets the logger of a family, for the whole namespace.
     *
     * @param family the family
     * @param name a logger's name, or {@code NONE}
     * @throws NetlinkException if the system refuses it
     */
    void logger(AddressFamily family, String name) throws NetlinkException;

    /**
     * Identifies the namespace that this view looks into at this moment. The name or the process by which a namespace
     * is entered may later refer to another namespace.
     *
     * @return a text that no other namespace has as long as this one exists; empty if it cannot be determined
     */
    default Optional<String> namespaceId() {
        return Optional.empty();
    }

    /**
     * Sets the logger of a family as {@link #logger(AddressFamily, String)} does, but only in a given namespace.
     *
     * @param family the family
     * @param name a logger's name, or {@code NONE}
     * @param namespaceId the {@link #namespaceId} of the intended namespace
     * @return false if this view now looks into another namespace, in which case nothing was changed
     * @throws NetlinkException if the system refuses it
     */
    default boolean logger(AddressFamily family, String name, Optional<String> namespaceId) throws NetlinkException {
        if (!namespaceId().equals(namespaceId)) {
            return false;
        }
        logger(family, name);
        return true;
    }

    /**
     * The limit of receive buffers for unprivileged sockets ({@code net.core.rmem_max}).
     *
     * @return bytes, or empty if it cannot be read
     */
    Optional<Long> receiveBufferLimit();

    /**
     * The number of packets that connection tracking has dropped in this namespace ({@code
     * /proc/net/stat/nf_conntrack}).
     *
     * @return the counters at this moment; empty if the kernel has no connection tracking or does not report them
     */
    default Optional<ConntrackDrops> conntrackDrops() {
        return Optional.empty();
    }

    /**
     * Whether this kernel puts connections into queued packets, and changes them by verdicts
     * ({@code CONFIG_NETFILTER_NETLINK_GLUE_CT}).
     *
     * @return whether it does; empty if that cannot be determined
     */
    default Optional<Boolean> conntrackOnPackets() {
        return Optional.empty();
    }
}
