// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.socket.QueueState;
import dev.nfkit.testkit.nfqueue.DepartedPacket;
import dev.nfkit.testkit.nfqueue.NfqueueModel;
import java.util.List;
import java.util.function.Consumer;

/**
 * The kernel's side of NFQUEUE: queues and their owners, their configuration, the packets that wait in them, and the
 * verdict of each. Modelled on {@code net/netfilter/nfnetlink_queue.c}, including what it silently ignores. Safe for
 * any number of threads.
 *
 * <pre>{@code
 * transport.nfqueue().enqueue(3, SampleNfqueue.of(SamplePackets.udp4()).mark(7));
 * ... the code under test decides, on this thread or on another ...
 * DecidedPacket packet = transport.nfqueue().takeDecided();
 * assertTrue(packet.passed());
 * assertEquals(9, packet.mark());
 * }</pre>
 *
 * <p>Limitations: checksums of large packets are the sample's; NF_REPEAT does not traverse a rule again (a test
 * enqueues the packet again, see {@link #onDecided}); and a change of a connection is reported but not applied.
 */
public final class FakeNfqueue {
    private final NfqueueModel model;

    FakeNfqueue(NfqueueModel model) {
        this.model = model;
    }

    /**
     * Sets whether packets have passed connection tracking when they enter a queue, as in the filter table. Otherwise
     * they are queued before it, as in the raw table. After connection tracking, all but one of the packets of a new
     * connection that wait together are lost: the first one accepted confirms the connection, and the others leave with
     * {@link DecidedPacket.Departure#CLASH} and count in the statistics of {@link FakeConntrack#settings()}. That
     * applies to ICMP, ICMPv6, TCP and SCTP. Connections are not put into the table of {@link FakeConntrack}.
     *
     * @param on false unless set
     * @return this model
     */
    public FakeNfqueue afterConntrack(boolean on) {
        model.afterConntrack(on);
        return this;
    }

    /**
     * Puts a packet into a queue, as a rule does: it gets an id, and the owner of the queue gets the message. If that
     * fails, the packet leaves at once, with the reason in {@link #decided}.
     *
     * @param queue the queue, 0 to 65535
     * @param packet the packet, which is copied; the kernel sets its queue and id
     * @return whether the packet, or at least one of its segments, waits for a verdict
     */
    public boolean enqueue(int queue, SampleNfqueue packet) {
        return model.enqueue(queue, packet.contents());
    }

    /**
     * Puts a packet of bytes into a queue, as a rule does, with only its family and hardware protocol.
     *
     * @param queue the queue, 0 to 65535
     * @param packet an IP packet
     * @return whether the packet waits for a verdict
     */
    public boolean enqueue(int queue, byte[] packet) {
        return enqueue(queue, SampleNfqueue.of(packet));
    }

    /**
     * Returns the packets that left a queue, or that could not enter it.
     *
     * @return a copy of the list, in the order in which they left
     */
    public List<DecidedPacket> decided() {
        return decided(model.departed());
    }

    /**
     * Sets a follower for packets that leave a queue: the test may, for example, log them or enqueue them again.
     *
     * @param follower is called with each packet when it leaves, before the caller that decided it continues; the lock
     *     of the model is held, so that it must not block
     */
    public void onDecided(Consumer<DecidedPacket> follower) {
        model.onDeparted(packet -> follower.accept(new DecidedPacket(packet)));
    }

    /**
     * Waits until a number of packets have left, in real time and no longer than the clock's patience, for verdicts of
     * other threads.
     *
     * @param count the number of packets in {@link #decided}
     * @return the packets that have left, at least that many
     * @throws AssertionError if fewer have left within the patience; the message names the packets that wait and that
     *     have left
     */
    public List<DecidedPacket> awaitDecided(int count) {
        return decided(model.awaitDeparted(count));
    }

    /**
     * Takes the next packet that has left, and waits for it as {@link #awaitDecided} does. The first call returns the
     * first packet, the second call the second, on any thread.
     *
     * @return the packet
     * @throws AssertionError if none has left within the patience
     */
    public DecidedPacket takeDecided() {
        return new DecidedPacket(model.takeDeparted());
    }

    /**
     * Waits until a queue is bound, for code under test on another thread. As {@link #awaitDecided}.
     *
     * @param queue the queue, 0 to 65535
     * @throws AssertionError if it is not bound within the patience; the message names the bound queues
     */
    public void awaitBound(int queue) {
        model.awaitBound(queue);
    }

    /**
     * Returns the bound queues, as the kernel reports them.
     *
     * @return one entry for each queue, by number
     */
    public List<QueueState> queues() {
        return model.queues();
    }

    /**
     * Sets the next id of a queue, for example to test the wrap of ids.
     *
     * @param queue the queue, which must be bound
     * @param id 0 to 2³²−1
     * @throws IllegalStateException if the queue is not bound
     */
    public void nextId(int queue, long id) {
        model.nextId(queue, id);
    }

    /**
     * Disables a device: waiting packets that arrived on it or leave by it are dropped, and verdicts for them find
     * nothing.
     *
     * @param index the interface's index, more than 0
     */
    public void deviceDown(long index) {
        model.deviceDown(index);
    }

    /**
     * Removes a hook, as deleting any base chain of nftables or the last table of iptables at a hook does. The kernel
     * drops all packets that wait in any queue of the namespace, whichever rule queued them ({@code
     * nf_queue_nf_hook_drop}).
     */
    public void hookRemoved() {
        model.hookRemoved();
    }

    private static List<DecidedPacket> decided(List<DepartedPacket> departed) {
        return departed.stream().map(DecidedPacket::new).toList();
    }
}
