// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.stream;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.kafka.FlowMessages;
import dev.nfkit.kafka.schema.FlowMessage;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessInfo;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Stores each record of a partition once: by flow, by the addresses and ports before and after translation, and in the sums
 * of its minute. What it leaves out is counted.
 *
 * <p>A record is a duplicate if its number in its spool was received before from the same meter, or, without a number, its
 * sequence within the flow.
 */
final class FlowProcessor implements Processor<byte[], byte[], Void, Void> {
    private static final Duration SWEEP = Duration.ofMinutes(10);
    private static final byte[] PRESENT = {1};

    private final Duration retention;
    private ProcessorContext<Void, Void> context;
    private KeyValueStore<Bytes, byte[]> received;
    private WindowStore<Bytes, byte[]> flows;
    private WindowStore<Bytes, byte[]> endpoints;
    private WindowStore<Bytes, byte[]> sums;
    private Faults faults;

    @SuppressWarnings("NullAway.Init") // by init
    FlowProcessor(Duration retention) {
        this.retention = retention;
    }

    @Override
    public void init(ProcessorContext<Void, Void> newContext) {
        context = newContext;
        received = newContext.getStateStore(FleetTopology.RECEIVED);
        flows = newContext.getStateStore(FleetTopology.FLOWS);
        endpoints = newContext.getStateStore(FleetTopology.ENDPOINTS);
        sums = newContext.getStateStore(FleetTopology.SUMS);
        faults = new Faults(newContext.getStateStore(FleetTopology.FLOW_FAULTS));
        context.schedule(SWEEP, PunctuationType.WALL_CLOCK_TIME, this::sweep);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        byte[] value = record.value();
        if (value == null) {
            faults.count(Faults.MALFORMED, "");
            return;
        }
        FlowMessage message;
        FlowRecord flow;
        try {
            message = FlowMessage.parseFrom(value);
            flow = FlowMessages.toRecord(message);
        } catch (InvalidProtocolBufferException | MalformedMessageException e) {
            faults.count(Faults.MALFORMED, "");
            return;
        }
        if (flow.host().isEmpty() || flow.host().indexOf('\0') >= 0 || message.getSpoolNumber() < 0) {
            faults.count(Faults.MALFORMED, "");
            return;
        }
        boolean first = isFirst(message, flow);
        if (!first) {
            faults.count(Faults.DUPLICATE, flow.host());
        }
        store(value, message, flow, first);
    }

    private boolean isFirst(FlowMessage message, FlowRecord flow) {
        boolean spooled = message.getSpoolMadeNs() > 0;
        long number = spooled ? message.getSpoolNumber() : flow.sequence();
        Bytes key = spooled
                ? Keys.host(flow.host(), message.getSpoolMadeNs(), flow.meterStart(), number / Received.NUMBERS)
                : Keys.host(
                        flow.host() + '\n' + flow.flow(), // no name of a host has it
                        0,
                        flow.meterStart(),
                        number / Received.NUMBERS);
        Received known = new Received(received.get(key));
        if (!known.add(number, !flow.isOpen(), context.currentSystemTimeMs())) {
            return false;
        }
        received.put(key, known.bytes());
        return true;
    }

    private void store(byte[] value, FlowMessage message, FlowRecord flow, boolean first) {
        long now = context.currentSystemTimeMs();
        long end = TimeUnit.NANOSECONDS.toMillis(flow.end().epochNanos());
        if (end < now - retention.toMillis()) {
            faults.count(Faults.TOO_OLD, flow.host());
            return;
        }
        if (end > now + FleetTopology.CLOCK_SLACK.toMillis()) {
            faults.count(Faults.CLOCK_AHEAD, flow.host());
        }
        // A clock that is ahead must not make the stores expire.
        long time = Math.min(end, now);
        byte[] id = message.getFlowId().toByteArray();
        flows.put(Bytes.wrap(id), value, time);
        ConntrackTuple before = flow.original();
        ConntrackTuple after = flow.reply().inverted();
        index(before, id, time);
        if (flow.translated()) {
            index(after, id, time);
        }
        if (!first) {
            return; // what replaces itself may be missing after a kill; sums would be too large
        }
        long minute = time - time % FleetTopology.MINUTE.toMillis();
        Traffic traffic = new Traffic(
                flow.originalTraffic().deltaBytes() + flow.replyTraffic().deltaBytes(),
                flow.originalTraffic().deltaPackets() + flow.replyTraffic().deltaPackets(),
                flow.isOpen() ? 0 : 1);
        sum("address", flow.host(), before.source().getHostAddress(), minute, traffic);
        sum("process", flow.host(), process(flow.process()), minute, traffic);
    }

    private static String process(Attribution attribution) {
        if (attribution instanceof Attribution.Unknown unknown) {
            return "(" + unknown.reason().code() + ")";
        }
        return attribution.known().map(ProcessInfo::name).orElse("(unknown)");
    }

    private void index(ConntrackTuple tuple, byte[] id, long time) {
        boolean ports = tuple.hasPorts();
        endpoints.put(Keys.endpoint(tuple.source(), ports ? tuple.sourcePort() : 0, id), PRESENT, time);
        endpoints.put(Keys.endpoint(tuple.destination(), ports ? tuple.destinationPort() : 0, id), PRESENT, time);
    }

    private void sum(String kind, String host, String name, long minute, Traffic traffic) {
        Bytes key = Keys.host(kind + '\n' + host + '\n' + name);
        sums.put(key, Traffic.read(sums.fetch(key, minute)).plus(traffic).toBytes(), minute);
    }

    /** Numbers that were received long ago are forgotten. */
    private void sweep(long now) {
        try (KeyValueIterator<Bytes, byte[]> all = received.all()) {
            while (all.hasNext()) {
                KeyValue<Bytes, byte[]> next = all.next();
                if (new Received(next.value).time() < now - retention.toMillis()) {
                    received.delete(next.key);
                }
            }
        }
    }
}
