package dev.nfkit.socket;

import dev.nfkit.AddressFamily;
import dev.nfkit.NetlinkException;
import java.util.List;
import java.util.Optional;

/**
 * What the kernel tells of a network namespace besides its sockets: owners of groups and queues, loggers, capabilities, names of
 * interfaces. Safe for any number of threads. Nothing here is on a hot path; where the system does not tell, answers
 * are empty rather than errors.
 */
public interface KernelView {
    /**
     * All bound NFLOG groups.
     *
     * @return one entry a group; empty too where the file can't be read
     */
    List<GroupState> nflogGroups();

    /**
     * All bound NFQUEUE queues, with the kernel's own counters.
     *
     * @return one entry a queue; empty too where the file can't be read
     */
    List<QueueState> nfqueues();

    /**
     * The process that owns a socket.
     *
     * @param portId the socket's port id
     * @return the process, or empty where it can't be found: it lies in another pid namespace, or may not be looked at
     */
    Optional<SocketOwner> owner(long portId);

    /**
     * Whether this process may configure netfilter here.
     *
     * @return the finding
     */
    NetAdmin netAdmin();

    /**
     * The name of an interface of this namespace, at this moment.
     *
     * @param index the interface's index
     * @return its name, or empty where there is none (any more)
     */
    Optional<String> interfaceName(long index);

    /**
     * The logger of a family: who gets what the kernel itself logs ({@code /proc/sys/net/netfilter/nf_log/<family>}).
     *
     * @param family the family
     * @return the logger's name, such as {@code nfnetlink_log}; {@code NONE} where there is none
     * @throws NetlinkException if it can't be read
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
     * Identifies the namespace that this view looks into at this moment. The name or the process by which a namespace is
     * entered may come to stand for another one.
     *
     * @return a text that no other namespace has as long as this one exists; empty where it cannot be told
     */
    default Optional<String> namespaceId() {
        return Optional.empty();
    }

    /**
     * Sets the logger of a family as {@link #logger(AddressFamily, String)} does, but only in a given namespace.
     *
     * @param family the family
     * @param name a logger's name, or {@code NONE}
     * @param namespaceId what {@link #namespaceId} was for the namespace that is meant
     * @return false if this view looks into another namespace now; nothing has changed then
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
     * The bound on receive buffers of those who may not exceed it ({@code net.core.rmem_max}).
     *
     * @return bytes, or empty where it can't be read
     */
    Optional<Long> receiveBufferLimit();

    /**
     * What connection tracking has dropped in this namespace ({@code /proc/net/stat/nf_conntrack}).
     *
     * @return the counters at this moment; empty if the kernel has no connection tracking or does not tell
     */
    default Optional<ConntrackDrops> conntrackDrops() {
        return Optional.empty();
    }

    /**
     * Whether this kernel puts connections into queued packets, and changes them by verdicts
     * ({@code CONFIG_NETFILTER_NETLINK_GLUE_CT}).
     *
     * @return whether it does; empty if that cannot be found out
     */
    default Optional<Boolean> conntrackOnPackets() {
        return Optional.empty();
    }
}
