// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.DccpState;
import dev.nfkit.conntrack.SctpState;
import dev.nfkit.conntrack.TcpState;
import dev.nfkit.packet.IpProtocol;
import java.time.Duration;

/** Finds why the kernel removed a connection, which its event does not contain. */
final class EndReason {
    /** Times of receipt are not exact, and the kernel counts in jiffies. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private EndReason() {}

    /**
     * The reason of an end.
     *
     * @param entry the entry of the event
     * @param flow what is known of the connection
     * @param lifetimeNanos how long it was in the table
     */
    static FlowEnd of(ConntrackEntry entry, OpenFlow flow, long lifetimeNanos) {
        if (entry.portId() != 0) {
            return FlowEnd.DELETED;
        }
        if (isClosed(flow)) {
            return FlowEnd.CLOSED;
        }
        return isEarly(entry, flow, lifetimeNanos) ? FlowEnd.EVICTED : FlowEnd.TIMED_OUT;
    }

    private static boolean isClosed(OpenFlow flow) {
        if (flow.state < 0 || !flow.key.original().hasProtocol()) {
            return false;
        }
        return switch (flow.key.original().protocol()) {
            case IpProtocol.TCP -> flow.state == TcpState.TIME_WAIT.number() || flow.state == TcpState.CLOSE.number();
            case IpProtocol.SCTP ->
                flow.state == SctpState.CLOSED.number() || flow.state == SctpState.SHUTDOWN_ACK_SENT.number();
            case IpProtocol.DCCP ->
                flow.state == DccpState.CLOSING.number() || flow.state == DccpState.TIMEWAIT.number();
            default -> false;
        };
    }

    /**
     * Whether the connection was removed before the time that it had from its first packet on ({@code early_drop} in
     * {@code nf_conntrack_core.c}, which spares assured connections). A packet prolongs that time, except that the first
     * answer shortens TCP's.
     */
    private static boolean isEarly(ConntrackEntry entry, OpenFlow flow, long lifetimeNanos) {
        if (flow.timeout < 0 || entry.is(ConntrackStatus.ASSURED)) {
            return false;
        }
        boolean shortened = flow.key.original().hasProtocol()
                && flow.key.original().protocol() == IpProtocol.TCP
                && flow.state != TcpState.SYN_SENT.number();
        return !shortened
                && lifetimeNanos + SLACK.toNanos()
                        < Duration.ofSeconds(flow.timeout).toNanos();
    }
}
