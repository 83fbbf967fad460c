// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.agent;

import dev.nfkit.NetlinkException;
import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowMeter;
import dev.nfkit.flows.FlowMeterOptions;
import dev.nfkit.flows.FlowReport;
import dev.nfkit.flows.FlowStatistics;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.kafka.KafkaFlows;
import dev.nfkit.kafka.KafkaFlowsOptions;
import dev.nfkit.kafka.KafkaStatistics;
import dev.nfkit.linux.LinuxProcesses;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The agent of a host, or of a network namespace: a {@link FlowMeter} whose records go to Kafka, and the counts of the
 * ledger every few seconds. {@link HostAccount} describes how the numbers belong together.
 *
 * <p>One thread runs it; any thread may call {@link #stop}.
 */
public final class Agent implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Agent.class.getName());

    /** As long as connections are made all the time, no moment may be found in which all numbers are exact. */
    private static final Duration LONGEST_SETTLING = Duration.ofSeconds(10);

    private static final Duration SLICE = Duration.ofMillis(100);
    private static final int MOST_DRAINS = 1000;

    private final AgentOptions options;
    private final KafkaFlows kafka;
    private final HostAccount account;
    private final ConnectionCounter counter;
    private final ProcessResolver processes;
    private final FlowMeter meter;
    private final long opened = now();
    private final long absentSince;
    private long unspooled;
    private boolean settled;
    private boolean continued;
    private long least = Long.MIN_VALUE;
    private long most = Long.MAX_VALUE;
    private long settleBy = System.nanoTime() + LONGEST_SETTLING.toNanos();
    private long lossesInReports;
    private volatile boolean stopped;

    private Agent(
            AgentOptions options,
            KafkaFlows kafka,
            HostAccount account,
            ConnectionCounter counter,
            ProcessResolver processes,
            FlowMeter meter) {
        this.options = options;
        this.kafka = kafka;
        this.account = account;
        absentSince = Math.min(account.alive(), opened);
        this.counter = counter;
        this.processes = processes;
        this.meter = meter;
    }

    /**
     * Opens an agent: the spool, the kernel's counter of connections, which it installs if there is none, and the meter.
     *
     * @param transport the network namespace
     * @param options the options
     * @return the agent, which the caller closes
     * @throws IOException if the spool or a setting of Kafka is wrong
     * @throws NetlinkException if the kernel refuses the counter or the events
     */
    public static Agent open(NetlinkTransport transport, AgentOptions options) throws IOException, NetlinkException {
        Opened opened = new Opened();
        try {
            KafkaFlows kafka = opened.add(
                    KafkaFlows.open(KafkaFlowsOptions.builder(options.brokers(), options.host(), options.spool())
                            .limits(options.limits())
                            .producer("delivery.timeout.ms", 10_000)
                            .producer("request.timeout.ms", 5_000)
                            .build()));
            HostAccount account = HostAccount.open(options.spool().resolve("account"), kafka.spooledLedgerEntries());
            ConnectionCounter counter = opened.add(ConnectionCounter.open(transport));
            ProcessResolver processes =
                    opened.add(options.processes() ? LinuxProcesses.open(transport) : ProcessResolver.none());
            FlowMeter meter = opened.add(FlowMeter.open(
                    transport,
                    FlowMeterOptions.builder()
                            .host(options.host())
                            .activeTimeout(options.activeTimeout())
                            .receiveBuffer(options.receiveBuffer())
                            .processes(processes)
                            .build()));
            opened.keep();
            return new Agent(options, kafka, account, counter, processes, meter);
        } finally {
            opened.close();
        }
    }

    /**
     * Meters until {@link #stop}, and then reports what is open.
     *
     * @throws IOException if the spool is closed
     * @throws NetlinkException if the kernel's table or counter cannot be read
     */
    public void run() throws IOException, NetlinkException {
        begin();
        long nextCounts = System.nanoTime();
        while (!stopped) {
            meter.poll(this::report, SLICE);
            if (!settled) {
                settle();
            } else if (System.nanoTime() - nextCounts >= 0) {
                counts();
                nextCounts = System.nanoTime() + options.countsEvery().toNanos();
            }
        }
        counts();
        meter.stop();
        int reports = 0;
        while (reports >= 0) {
            reports = meter.poll(this::report, SLICE);
        }
    }

    private void begin() throws IOException, NetlinkException {
        continued = !account.isNew();
        if (!account.counts(counter.id())) {
            if (continued) {
                lose(new FlowLoss(
                        options.host(),
                        FlowLoss.Place.METER_ABSENT,
                        FlowTime.atReceipt(absentSince),
                        FlowTime.atReceipt(opened),
                        0,
                        0,
                        0,
                        0));
            }
            continued = false;
            FlowStatistics flows = meter.flowStatistics();
            account.begin(counter.id(), counter.read(), accounted(flows));
        }
        account.alive(opened, kafka.spooledLedgerEntries());
    }

    /** The connections of the account that are open, have their last record in the spool or are reported as unseen. */
    private long accounted(FlowStatistics flows) {
        return kafka.spooledEnds() + flows.open() + flows.untracked() + account.unseen();
    }

    private void report(FlowReport report) throws IOException {
        if (report instanceof FlowLoss loss) {
            lossesInReports += loss.events();
            lose(loss);
        } else {
            kafka.report(report);
        }
    }

    private void lose(FlowLoss loss) throws IOException {
        account.losing(loss.unseen(), kafka.spooledLedgerEntries());
        kafka.report(loss);
        account.lost(kafka.spooledLedgerEntries());
        least = Long.MIN_VALUE;
        most = Long.MAX_VALUE;
    }

    /**
     * Reads the kernel's counter before and after all events have been received, which bounds the difference of the
     * account: what was counted before is accounted for, and what is accounted for was counted after.
     */
    private long[] differences() throws IOException, NetlinkException {
        long before = account.made(counter.read());
        drain();
        long accounted = accounted(meter.flowStatistics());
        long after = account.made(counter.read());
        return new long[] {before - accounted, after - accounted};
    }

    private void drain() throws IOException, NetlinkException {
        int quiet = 0;
        for (int drained = 0; quiet < 3 && drained < MOST_DRAINS; drained++) {
            long received = meter.statistics().delivered();
            int reports = meter.poll(this::report, Duration.ZERO);
            quiet = reports <= 0 && meter.statistics().delivered() == received ? quiet + 1 : 0;
        }
    }

    /** Finds what was lost while no agent ran. */
    private void settle() throws IOException, NetlinkException {
        long[] differences = differences();
        least = Math.max(least, differences[0]);
        most = Math.min(most, differences[1]);
        boolean late = System.nanoTime() - settleBy >= 0;
        if (!late && (least < most || hasOpenLoss())) {
            return;
        }
        settled = true;
        long absent = least;
        if (!continued || absent < 0) {
            account.correct(-absent);
        } else if (absent > 0) {
            lose(new FlowLoss(
                    options.host(),
                    FlowLoss.Place.METER_ABSENT,
                    FlowTime.atReceipt(absentSince),
                    FlowTime.atReceipt(opened),
                    0,
                    0,
                    0,
                    absent));
        }
    }

    /** Whether the kernel lost events that no report contains yet. */
    private boolean hasOpenLoss() {
        return meter.statistics().socketDrops() > lossesInReports;
    }

    private void counts() throws IOException, NetlinkException {
        long[] differences = differences();
        FlowStatistics flows = meter.flowStatistics();
        long accounted = accounted(flows);
        // Of the readings before and after, the one that is closest to what was received.
        long made = accounted + (differences[0] > 0 ? differences[0] : Math.min(0, differences[1]));
        kafka.counts(opened, flows, OptionalLong.of(made));
        long failed = kafka.unspooledEnds();
        account.add(failed - unspooled);
        unspooled = failed;
        account.alive(now(), kafka.spooledLedgerEntries());
    }

    private static long now() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    /**
     * What was sent and what waits in the spool.
     *
     * @return a snapshot
     */
    public KafkaStatistics statistics() {
        return kafka.statistics();
    }

    /**
     * Waits until the brokers have stored all that was reported.
     *
     * @param timeout the longest wait
     * @return whether they have
     * @throws InterruptedException if the thread is interrupted
     */
    public boolean await(Duration timeout) throws InterruptedException {
        return kafka.await(timeout);
    }

    /** Ends {@link #run}. Any thread. */
    public void stop() {
        stopped = true;
    }

    @Override
    public void close() throws IOException {
        meter.close();
        processes.close();
        counter.close();
        kafka.close();
        LOG.log(Level.DEBUG, "the agent of {0} has ended", options.host());
    }
}
