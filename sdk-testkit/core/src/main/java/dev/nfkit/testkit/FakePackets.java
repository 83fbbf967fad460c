// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.testkit.kernel.Kernel;
import dev.nfkit.testkit.machine.ConnectionFacts;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.nflog.NflogModel;
import dev.nfkit.testkit.nfqueue.DepartedPacket;
import dev.nfkit.testkit.nfqueue.NfqueueModel;
import dev.nfkit.testkit.ruleset.Ruleset;
import dev.nfkit.testkit.sample.NflogContents;
import dev.nfkit.testkit.sample.NfqueueContents;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.testkit.traversal.Deliveries;
import dev.nfkit.testkit.traversal.Stops;
import dev.nfkit.testkit.traversal.Traversal;
import dev.nfkit.testkit.traversal.Way;
import dev.nfkit.wire.MessageWriter;
import java.util.function.Consumer;

/**
 * Sends packets through the rules that the code under test has installed in the fake kernel, as {@code nf_tables_core.c}
 * executes them. Safe for any number of threads.
 *
 * <pre>{@code
 * FakeNetfilter kernel = new FakeNetfilter();
 * ... the code under test opens Nftables on it, and commits its rules ...
 * PacketTrace trace = kernel.packets().of(SamplePackets.udp4()).in("eth0").toInput();
 * assertEquals(PacketTrace.Outcome.DROPPED, trace.outcome());
 * }</pre>
 *
 * <p>A packet that a rule with {@code meta nftrace set 1} matches is traced: sessions that listen get the messages that
 * the kernel sends, in the order and with the attributes of Linux 6.18.
 *
 * <p>A packet that a rule queues waits for its verdict, and goes on through the rest of the chains when it is accepted.
 * What the fake does not model, fails the call with an AssertionError that names it: the link-layer header of writes,
 * tunnels ({@code inner}), flow tables, limits of connections, {@code symhash}, matches and targets of iptables except
 * NFQUEUE and NFLOG, and some others. The kernel's secrets are replaced: a queue of several is chosen by the addresses,
 * and {@code jhash} without a seed has the seed 0.
 */
public final class FakePackets {
    private static final int NFNLGRP_NFTRACE = 9;

    private final Stops stops;
    private final ModelClock clock;
    private final Deliveries deliveries;
    private long seed;

    FakePackets(Ruleset ruleset, Kernel kernel, NflogModel logs, NfqueueModel queues) {
        this.stops = new Stops(ruleset);
        this.clock = kernel.clock();
        this.deliveries = new Deliveries() {
            @Override
            public boolean log(int group, NflogContents packet) {
                return logs.log(group, packet);
            }

            @Override
            public void queue(int number, NfqueueContents packet) {
                queues.enqueue(number, packet);
            }

            @Override
            public void trace(int allocated, Consumer<MessageWriter> message) {
                kernel.multicast(NFNLGRP_NFTRACE, allocated, message);
            }
        };
        queues.onCarriedDeparted(FakePackets::departed);
    }

    private static void departed(DepartedPacket packet) {
        if (packet.packet().carried() instanceof Traversal traversal) {
            traversal.left(
                    packet.dropped(),
                    packet.verdict(),
                    packet.packet().payload(),
                    packet.mark(),
                    packet.priority(),
                    packet.reason() == DepartedPacket.Reason.OTHER_OWNER);
        }
    }

    /**
     * Describes a packet.
     *
     * @param packet a complete IPv4 or IPv6 packet, which is copied; see {@link SamplePackets}
     * @return a packet without devices, with mark 0 and a new connection
     * @throws IllegalArgumentException if it begins with no complete IP header
     */
    public TestPacket of(byte[] packet) {
        return new TestPacket(this, packet.clone());
    }

    /**
     * Sets the seed of random numbers ({@code numgen random}, {@code meta random}).
     *
     * @param seed any number; 0 unless set
     * @return this instance
     */
    public FakePackets seed(long seed) {
        clock.locked(() -> {
            this.seed = seed;
        });
        return this;
    }

    PacketTrace send(PacketState packet, ConnectionFacts connection, Way way) {
        return clock.locked(() -> {
            Traversal traversal = new Traversal(stops, deliveries, clock, packet, connection, way, seed++);
            PacketTrace trace = new PacketTrace(clock, traversal);
            traversal.start();
            return trace;
        });
    }
}
