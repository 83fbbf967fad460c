// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.AddressFamily;
import dev.nfkit.socket.ConntrackDrops;
import dev.nfkit.socket.GroupState;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetAdmin;
import dev.nfkit.socket.QueueState;
import dev.nfkit.socket.SocketOwner;
import dev.nfkit.testkit.kernel.KernelProperties;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The view of a fake kernel, which the test sets. Safe for any number of threads. */
public final class FakeKernelView implements KernelView {
    private final KernelProperties properties;
    private final Map<Long, SocketOwner> owners = new ConcurrentHashMap<>();
    private final Map<Long, String> interfaces = new ConcurrentHashMap<>();
    private final Supplier<List<GroupState>> modelledGroups;
    private final Supplier<List<QueueState>> modelledQueues;
    private final Supplier<Optional<ConntrackDrops>> modelledDrops;
    private volatile String namespaceId = "net:[1]";
    private volatile @Nullable String unreadable;

    FakeKernelView(
            KernelProperties properties,
            Supplier<List<GroupState>> modelledGroups,
            Supplier<List<QueueState>> modelledQueues,
            Supplier<Optional<ConntrackDrops>> modelledDrops) {
        this.properties = properties;
        this.modelledGroups = modelledGroups;
        this.modelledQueues = modelledQueues;
        this.modelledDrops = modelledDrops;
        interfaces.put(1L, "lo");
    }

    /**
     * Assigns a group to another owner, so that the model refuses to bind it (EPERM).
     *
     * @param group the group, 0 to 65535
     * @param portId the other socket's port id
     * @return this kernel
     */
    public FakeKernelView ownGroup(int group, long portId) {
        properties.foreignGroups().put(group, portId);
        return this;
    }

    /**
     * Assigns a queue to another owner, so that the model refuses to bind it and to accept verdicts for it (EPERM).
     *
     * @param queue the queue, 0 to 65535
     * @param portId the other socket's port id
     * @return this kernel
     */
    public FakeKernelView ownQueue(int queue, long portId) {
        properties.foreignQueues().put(queue, portId);
        return this;
    }

    /**
     * Sets the process that owns a port id.
     *
     * @param portId the port id
     * @param owner the process
     * @return this kernel
     */
    public FakeKernelView owner(long portId, SocketOwner owner) {
        owners.put(portId, owner);
        return this;
    }

    /**
     * Sets whether the process may configure netfilter. Unless it may, every request is refused (EPERM).
     *
     * @param finding HELD unless set
     * @return this kernel
     */
    public FakeKernelView netAdmin(NetAdmin finding) {
        properties.netAdmin(finding);
        return this;
    }

    /**
     * Changes the namespace that the namespace's name refers to, as when a process has ended and another has its pid.
     * The loggers of this view are those of the namespace that it shows.
     *
     * @param id identifies the namespace; {@code net:[1]} unless set
     * @return this kernel
     */
    public FakeKernelView namespaceId(String id) {
        namespaceId = id;
        return this;
    }

    /**
     * Makes the lists of groups and queues unreadable, as for a process without privileges: they are then empty.
     *
     * @param why what {@link #unreadable()} returns from now on
     * @return this kernel
     */
    public FakeKernelView unreadable(String why) {
        unreadable = why;
        return this;
    }

    @Override
    public Optional<String> unreadable() {
        return Optional.ofNullable(unreadable);
    }

    @Override
    public Optional<String> namespaceId() {
        return Optional.of(namespaceId);
    }

    /**
     * Adds an interface. By default there is {@code lo} with index 1.
     *
     * @param index its index
     * @param name its name
     * @return this kernel
     */
    public FakeKernelView networkInterface(long index, String name) {
        interfaces.put(index, name);
        return this;
    }

    /**
     * Sets the limit of receive buffers for unprivileged processes.
     *
     * @param bytes {@code net.core.rmem_max}; 212992 unless set
     * @param force whether this process may exceed it ({@code SO_RCVBUFFORCE}); true unless set
     * @return this kernel
     */
    public FakeKernelView receiveBufferLimit(long bytes, boolean force) {
        properties.receiveBufferLimit(bytes, force);
        return this;
    }

    /**
     * Sets whether the kernel can include conntrack entries in packets ({@code CONFIG_NETFILTER_NETLINK_GLUE_CT}).
     * Without it, the model refuses the flag CONNTRACK (EOPNOTSUPP).
     *
     * @param there false unless set
     * @return this kernel
     */
    public FakeKernelView conntrackGlue(boolean there) {
        properties.conntrackGlue(there);
        return this;
    }

    /**
     * Sets whether requests with unknown flags in {@code NFULA_CFG_FLAGS} and {@code NFQA_CFG_FLAGS} are refused with
     * EINVAL. Kernels from April 2026 on do that; older ones ignore a group's unknown flags, and refuse a queue's with
     * EOPNOTSUPP.
     *
     * @param strict false unless set
     * @return this kernel
     */
    public FakeKernelView strictFlags(boolean strict) {
        properties.strictFlags(strict);
        return this;
    }

    @Override
    public List<GroupState> nflogGroups() {
        if (unreadable != null) {
            return List.of();
        }
        List<GroupState> groups = new ArrayList<>(modelledGroups.get());
        properties
                .foreignGroups()
                .forEach((group, portId) -> groups.add(new GroupState(group, portId, 0, 2, 65531, 100, 1)));
        groups.sort((a, b) -> Integer.compare(a.group(), b.group()));
        return groups;
    }

    @Override
    public List<QueueState> nfqueues() {
        if (unreadable != null) {
            return List.of();
        }
        List<QueueState> queues = new ArrayList<>(modelledQueues.get());
        properties
                .foreignQueues()
                .forEach((queue, portId) -> queues.add(new QueueState(queue, portId, 0, 2, 65531, 0, 0, 0)));
        queues.sort((a, b) -> Integer.compare(a.queue(), b.queue()));
        return queues;
    }

    /**
     * The counters of {@link ConntrackSettings#statistic}, summed over all processors; empty without connection
     * tracking.
     */
    @Override
    public Optional<ConntrackDrops> conntrackDrops() {
        return modelledDrops.get();
    }

    /** The value set by {@link #conntrackGlue}. */
    @Override
    public Optional<Boolean> conntrackOnPackets() {
        return Optional.of(properties.conntrackGlue());
    }

    @Override
    public Optional<SocketOwner> owner(long portId) {
        return Optional.ofNullable(owners.get(portId));
    }

    @Override
    public NetAdmin netAdmin() {
        return properties.netAdmin();
    }

    @Override
    public Optional<String> interfaceName(long index) {
        return Optional.ofNullable(interfaces.get(index));
    }

    @Override
    public String logger(AddressFamily family) {
        return properties.logger(family);
    }

    @Override
    public void logger(AddressFamily family, String name) {
        properties.logger(family, name);
    }

    @Override
    public Optional<Long> receiveBufferLimit() {
        return Optional.of(properties.receiveBufferLimit());
    }
}
