// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import java.util.List;
import java.util.Objects;

/**
 * Injects faults into what the sockets of another transport send and receive, as a plan determines, and changes nothing
 * else. The transport can be a fake, a replay, or a real one. Safe for any number of threads.
 *
 * <p>A datagram without a fault passes unchanged, without a copy. The other transport is not owned: its creator closes
 * it.
 */
public final class FaultyTransport implements NetlinkTransport {
    private final NetlinkTransport delegate;
    private final FaultPlan plan;
    private final Injector injector;

    /**
     * Decorates a transport.
     *
     * @param delegate opens the sockets
     * @param plan the faults; events are counted from here on
     */
    public FaultyTransport(NetlinkTransport delegate, FaultPlan plan) {
        this.delegate = Objects.requireNonNull(delegate, "delegate");
        this.plan = plan;
        this.injector = new Injector(plan);
    }

    @Override
    public NetlinkSocket open(int protocol) throws NetlinkException {
        if (injector.next(0, 0, FaultEvent.OPEN) instanceof Fault.FailedOpen failed) {
            throw new SystemCallException("socket(AF_NETLINK, protocol " + protocol + ")", failed.errno(), null);
        }
        return new FaultySocket(delegate.open(protocol), delegate::nanoTime, injector);
    }

    @Override
    public KernelView kernel() {
        return delegate.kernel();
    }

    @Override
    public long nanoTime() {
        return delegate.nanoTime();
    }

    /**
     * Returns the faults that were injected.
     *
     * @return a copy of the list, in order
     */
    public List<InjectedFault> injected() {
        return injector.done();
    }

    /**
     * Returns the plan.
     *
     * @return the plan of this transport
     */
    public FaultPlan plan() {
        return plan;
    }
}
