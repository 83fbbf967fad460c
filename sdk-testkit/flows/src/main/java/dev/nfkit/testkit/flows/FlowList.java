// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.flows;

import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowReport;
import dev.nfkit.flows.FlowSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A sink that keeps reports in memory. Any thread may read while another one reports.
 *
 * <pre>{@code
 * FlowList flows = new FlowList();
 * meter.poll(flows, Duration.ZERO);
 * assertEquals(1, flows.records().size());
 * }</pre>
 */
public final class FlowList implements FlowSink<RuntimeException> {
    private final List<FlowReport> reports = new ArrayList<>();

    /** Creates an empty list. */
    public FlowList() {}

    @Override
    public synchronized void report(FlowReport report) {
        reports.add(report);
        notifyAll();
    }

    /**
     * All reports.
     *
     * @return a copy, in their order
     */
    public synchronized List<FlowReport> reports() {
        return List.copyOf(reports);
    }

    /**
     * The flows among the reports.
     *
     * @return a copy, in their order
     */
    public List<FlowRecord> records() {
        return only(FlowRecord.class);
    }

    /**
     * The losses among the reports.
     *
     * @return a copy, in their order
     */
    public List<FlowLoss> losses() {
        return only(FlowLoss.class);
    }

    private synchronized <T extends FlowReport> List<T> only(Class<T> type) {
        return reports.stream().filter(type::isInstance).map(type::cast).toList();
    }

    /**
     * Waits for reports that another thread makes.
     *
     * @param number the number that there should be in all
     * @param timeout the longest wait
     * @return all reports
     * @throws AssertionError if there are fewer after that time; the message has those that came
     * @throws InterruptedException if the thread is interrupted
     */
    public synchronized List<FlowReport> await(int number, Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        while (reports.size() < number) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                throw new AssertionError("there are " + reports.size() + " reports after " + timeout + ", not " + number
                        + ": " + reports);
            }
            wait(left);
        }
        return List.copyOf(reports);
    }

    /** Removes all reports. */
    public synchronized void clear() {
        reports.clear();
    }
}
