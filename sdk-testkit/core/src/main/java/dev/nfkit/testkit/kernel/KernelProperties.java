// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.kernel;

import dev.nfkit.AddressFamily;
import dev.nfkit.socket.NetAdmin;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What a test sets of the kernel, and the models and sockets ask for. Safe for any number of threads. */
public final class KernelProperties {
    /** The limit of buffers for unprivileged processes, unless a test sets another one. */
    public static final long DEFAULT_LIMIT = 212_992;

    private static final int SMALLEST_BUFFER = 2304;

    private final Map<Integer, Long> foreignGroups = new ConcurrentHashMap<>();
    private final Map<Integer, Long> foreignQueues = new ConcurrentHashMap<>();
    private final Map<Integer, String> loggers = new ConcurrentHashMap<>();
    private volatile NetAdmin netAdmin = NetAdmin.HELD;
    private volatile long receiveBufferLimit = DEFAULT_LIMIT;
    private volatile boolean forceAllowed = true;
    private volatile boolean conntrackGlue;
    private volatile boolean strictFlags;

    /** The groups that other sockets own, with the port ids of these. */
    public Map<Integer, Long> foreignGroups() {
        return foreignGroups;
    }

    /** The queues that other sockets own, with the port ids of these. */
    public Map<Integer, Long> foreignQueues() {
        return foreignQueues;
    }

    /** Whether the process may configure netfilter. */
    public NetAdmin netAdmin() {
        return netAdmin;
    }

    /** Sets whether the process may configure netfilter. */
    public void netAdmin(NetAdmin finding) {
        netAdmin = finding;
    }

    /** Whether the process may not do what needs the capability. */
    boolean denied() {
        return netAdmin != NetAdmin.HELD;
    }

    /** Whether unknown flags are refused. */
    public boolean strictFlags() {
        return strictFlags;
    }

    /** Sets whether unknown flags are refused. */
    public void strictFlags(boolean strict) {
        strictFlags = strict;
    }

    /** Whether packets can contain conntrack entries. */
    public boolean conntrackGlue() {
        return conntrackGlue;
    }

    /** Sets whether packets can contain conntrack entries. */
    public void conntrackGlue(boolean there) {
        conntrackGlue = there;
    }

    /** The logger of a family, or NONE. */
    public String logger(AddressFamily family) {
        return loggers.getOrDefault(family.number(), "NONE");
    }

    /** Sets the logger of a family. */
    public void logger(AddressFamily family, String name) {
        loggers.put(family.number(), name);
    }

    /** The limit of receive buffers for unprivileged processes. */
    public long receiveBufferLimit() {
        return receiveBufferLimit;
    }

    /** Sets the limit of receive buffers, and whether the process may exceed it. */
    public void receiveBufferLimit(long bytes, boolean force) {
        receiveBufferLimit = bytes;
        forceAllowed = force;
    }

    /** The receive buffer's size after a request for one. */
    int receiveBufferReached(int asked) {
        return reached(asked, receiveBufferLimit);
    }

    /** The send buffer's size after a request for one. */
    int sendBufferReached(int asked) {
        return reached(asked, DEFAULT_LIMIT);
    }

    private int reached(int asked, long limit) {
        long granted = forceAllowed ? asked : Math.min(asked, limit);
        granted = Math.min(granted, Integer.MAX_VALUE / 2);
        return (int) Math.max(SMALLEST_BUFFER, 2 * granted);
    }
}
