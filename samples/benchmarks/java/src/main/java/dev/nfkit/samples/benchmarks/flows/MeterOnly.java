// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.flows;

import dev.nfkit.NetlinkException;
import dev.nfkit.flows.FlowMeter;
import dev.nfkit.flows.FlowMeterOptions;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowReport;
import dev.nfkit.flows.FlowSink;
import dev.nfkit.linux.LinuxTransport;

/** Meters flows into a sink that counts them, until SIGTERM. Then prints its counts. */
public final class MeterOnly implements FlowSink<RuntimeException> {
    private long records;

    private MeterOnly() {}

    @Override
    public void report(FlowReport report) {
        if (report instanceof FlowRecord) {
            records++;
        }
    }

    /**
     * Meters.
     *
     * @param arguments none
     * @throws NetlinkException if a system call fails
     */
    public static void main(String... arguments) throws NetlinkException {
        MeterOnly sink = new MeterOnly();
        try (FlowMeter meter = FlowMeter.open(
                LinuxTransport.current(),
                FlowMeterOptions.builder().host("benchmark").build())) {
            Thread running = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                meter.stop();
                try {
                    running.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            System.out.println("ready");
            meter.run(sink);
            System.out.println(sink.records + " records, " + meter.flowStatistics());
        }
    }
}
