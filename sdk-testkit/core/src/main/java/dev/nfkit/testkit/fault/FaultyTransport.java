package dev.nfkit.testkit.fault;

import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetlinkSocket;
import dev.nfkit.socket.NetlinkTransport;
import java.util.List;
import java.util.Objects;

/**
 * Lets faults befall what every socket of another transport sends and receives, after a plan, and changes nothing else: a
 * fake, a replay, the real one. Safe for any number of threads.
 *
 * <p>Where no fault is done, a datagram passes as it is, without a copy. The other transport is not owned: who made it
 * closes it.
 */
public final class FaultyTransport implements NetlinkTransport {
    private final NetlinkTransport delegate;
    private final FaultPlan plan;
    private final Injector injector;

    /**
     * Decorates a transport.
     *
     * @param delegate what opens the sockets
     * @param plan which faults befall which events, counted from here on
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
     * The faults that were done.
     *
     * @return a copy of the list, in the order in which they were done
     */
    public List<InjectedFault> injected() {
        return injector.done();
    }

    /**
     * The plan.
     *
     * @return what this was made with
     */
    public FaultPlan plan() {
        return plan;
    }
}
