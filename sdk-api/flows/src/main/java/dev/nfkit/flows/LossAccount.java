// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows;

/** Adds up a loss from the first report of lost events until the meter is in step with the table again. */
final class LossAccount {
    private final FlowCounts counts;
    private boolean open;
    private FlowTime since = FlowTime.atReceipt(0);
    private long events;
    private long begunBefore;
    private long ended;

    LossAccount(FlowCounts counts) {
        this.counts = counts;
    }

    /** Whether events were lost that no report contains yet. */
    boolean isOpen() {
        return open;
    }

    /**
     * Events were lost.
     *
     * @param number their number; 0 if the kernel did not count them
     * @param inStep when nothing was lost yet
     */
    void lost(long number, FlowTime inStep) {
        if (!open) {
            open = true;
            since = inStep;
            events = 0;
            ended = 0;
            begunBefore = begun();
        }
        events += number;
    }

    /** A flow whose end should have been reported was lost sight of. */
    void lostEnd() {
        if (open) {
            ended++;
        }
    }

    /**
     * The meter is in step with the table again.
     *
     * @param host the host in the report
     * @param now the time
     * @return the loss
     */
    FlowLoss close(String host, FlowTime now) {
        open = false;
        long begun = begun() - begunBefore;
        // What is left are beginnings and ends of connections of which both were lost.
        long unseen = (Math.max(0, events - begun - ended) + 1) / 2;
        counts.unseen += unseen;
        counts.losses++;
        return new FlowLoss(
                host, FlowLoss.Place.SOCKET, since, FlowTimes.notBefore(since, now), events, begun, ended, unseen);
    }

    private long begun() {
        return counts.found + counts.foundAtEnd;
    }
}
