// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.Bytes;
import dev.nfkit.Hook;
import dev.nfkit.nftables.bytecode.Reject;
import dev.nfkit.testkit.machine.AddressChange;
import dev.nfkit.testkit.machine.ConnectionFacts;
import dev.nfkit.testkit.time.ModelClock;
import dev.nfkit.testkit.traversal.Logged;
import dev.nfkit.testkit.traversal.Traversal;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What happened to a packet on its way through the rules. A packet that waits in a queue goes on when its verdict comes,
 * and this trace with it. Safe for any number of threads.
 *
 * <pre>{@code
 * PacketTrace trace = kernel.packets().of(SamplePackets.udp4()).toInput();
 * assertEquals(List.of(4L), trace.matched());
 * assertEquals(7, trace.mark());
 * }</pre>
 */
public final class PacketTrace {
    /** What has become of a packet. */
    public enum Outcome {
        /** It passed all hooks. */
        ACCEPTED,
        /** A rule, a policy, or a queue without a listener dropped it. */
        DROPPED,
        /** It waits in a queue. */
        WAITING
    }

    /**
     * A rule that the packet met, or with handle 0 the policy of a base chain.
     *
     * @param table family and name of the table, such as {@code inet filter}
     * @param chain the name of the chain
     * @param handle the rule's handle, or 0 for the policy
     * @param matched whether all of the rule was executed
     */
    public record Step(String table, String chain, long handle, boolean matched) {}

    /**
     * A packet that a rule logged.
     *
     * @param group the NFLOG group, or −1 for the kernel's log
     * @param prefix the prefix, or empty
     * @param delivered whether a session had bound the group
     */
    public record LoggedTo(int group, String prefix, boolean delivered) {}

    private final ModelClock clock;
    private final Traversal traversal;

    PacketTrace(ModelClock clock, Traversal traversal) {
        this.clock = clock;
        this.traversal = traversal;
    }

    /**
     * Returns what has become of the packet so far.
     *
     * @return its present state
     */
    public Outcome outcome() {
        return clock.locked(() -> switch (traversal.outcome()) {
            case ACCEPTED -> Outcome.ACCEPTED;
            case DROPPED -> Outcome.DROPPED;
            case WAITING -> Outcome.WAITING;
        });
    }

    /**
     * Waits in real time until the packet waits in no queue, as {@link FakeNetfilter#await} does.
     *
     * @return its end
     * @throws AssertionError if it still waits after the clock's patience
     */
    public Outcome awaitEnd() {
        return clock.locked(() -> {
            if (!clock.awaitUntil(() -> outcome() != Outcome.WAITING)) {
                throw new AssertionError(
                        "the packet still waits in queue " + traversal.queues() + " after " + clock.patience());
            }
            return outcome();
        });
    }

    /**
     * Returns all rules that the packet met, and the policies that it came to, in order.
     *
     * @return a copy of the list
     */
    public List<Step> steps() {
        return clock.locked(() -> traversal.visits().stream()
                .map(visit -> new Step(visit.chain().table(), visit.chain().name(), visit.handle(), visit.matched()))
                .toList());
    }

    /**
     * Returns the handles of the rules that matched, in order.
     *
     * @return a copy of the list
     */
    public List<Long> matched() {
        return steps().stream()
                .filter(step -> step.handle() != 0 && step.matched())
                .map(Step::handle)
                .toList();
    }

    /**
     * Returns the hook that the packet reached last.
     *
     * @return the hook
     */
    public Hook hook() {
        return clock.locked(traversal::hook);
    }

    /**
     * Returns the packet as it is now, with what rules and verdicts changed.
     *
     * @return a copy of its bytes
     */
    public Bytes bytes() {
        return clock.locked(() -> Bytes.of(traversal.packet().bytes.clone()));
    }

    /**
     * Returns its mark.
     *
     * @return 0 to 2³²−1
     */
    public long mark() {
        return clock.locked(() -> Integer.toUnsignedLong(traversal.packet().mark));
    }

    /**
     * Returns its priority.
     *
     * @return 0 to 2³²−1
     */
    public long priority() {
        return clock.locked(() -> Integer.toUnsignedLong(traversal.packet().priority));
    }

    /**
     * Returns the mark of its connection.
     *
     * @return 0 to 2³²−1; 0 without a connection
     */
    public long connectionMark() {
        return clock.locked(() -> {
            ConnectionFacts facts = traversal.packet().connection;
            return facts == null ? 0L : Integer.toUnsignedLong(facts.mark);
        });
    }

    /**
     * Returns whether a rule excluded it from connection tracking.
     *
     * @return true after {@code notrack}
     */
    public boolean untracked() {
        return clock.locked(() -> traversal.packet().untracked);
    }

    /**
     * Returns the logs that rules made of it, in order.
     *
     * @return a copy of the list
     */
    public List<LoggedTo> logs() {
        return clock.locked(() -> traversal.logs().stream()
                .map((Logged log) -> new LoggedTo(log.group(), log.prefix(), log.delivered()))
                .toList());
    }

    /**
     * Returns the queues that rules and verdicts put it into, in order.
     *
     * @return a copy of the list
     */
    public List<Integer> queues() {
        return clock.locked(traversal::queues);
    }

    /**
     * Returns how a rule rejected it.
     *
     * @return such as {@code tcp reset} or {@code icmpx 3}; empty if it was not rejected
     */
    public Optional<String> rejected() {
        return clock.locked(() -> Optional.ofNullable(traversal.reject()).map(PacketTrace::word));
    }

    private static String word(Reject reject) {
        Integer code = reject.code();
        return switch (reject.type()) {
            case TCP_RST -> "tcp reset";
            case ICMP_UNREACH -> "icmp " + code;
            case ICMPX_UNREACH -> "icmpx " + code;
        };
    }

    /**
     * Returns whether rules decided to translate the source or the destination of its connection. The packet's
     * {@linkplain #bytes() bytes} have the new addresses and ports.
     *
     * @return {@code snat} and {@code dnat}, in the order of the decisions
     */
    public List<String> translations() {
        return clock.locked(() -> traversal.changes().stream()
                .map((AddressChange change) -> change.source() ? "snat" : "dnat")
                .toList());
    }

    /** The outcome, the matching rules and the changes, for messages of failures. */
    @Override
    public String toString() {
        String path = steps().stream()
                .map(step -> step.table() + " " + step.chain()
                        + (step.handle() == 0 ? " policy" : " handle " + step.handle())
                        + (step.matched() ? "" : " (no match)"))
                .collect(Collectors.joining(", "));
        return outcome() + " at " + hook() + " mark 0x" + Long.toHexString(mark()) + ": " + path;
    }
}
