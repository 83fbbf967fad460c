// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.stream;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.kafka.FlowMessages;
import dev.nfkit.kafka.schema.LedgerMessage;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.WindowStore;

/** Stores the losses and counts of hosts, by their numbers in the spool. A repeated one replaces itself. */
final class LedgerProcessor implements Processor<byte[], byte[], Void, Void> {
    private ProcessorContext<Void, Void> context;
    private WindowStore<Bytes, byte[]> ledger;
    private Faults faults;

    @SuppressWarnings("NullAway.Init") // by init
    LedgerProcessor() {}

    @Override
    public void init(ProcessorContext<Void, Void> newContext) {
        context = newContext;
        ledger = newContext.getStateStore(FleetTopology.LEDGER);
        faults = new Faults(newContext.getStateStore(FleetTopology.LEDGER_FAULTS));
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        try {
            LedgerMessage message = LedgerMessage.parseFrom(record.value() == null ? new byte[0] : record.value());
            if (message.hasLoss()) {
                FlowMessages.toLoss(message.getLoss());
            }
            String host = message.getHost();
            if (host.isEmpty()
                    || host.indexOf('\0') >= 0
                    || message.getSpoolNumber() < 0
                    || message.getSpoolMadeNs() < 0
                    || (!message.hasLoss() && !message.hasCounts())) {
                faults.count(Faults.MALFORMED, "");
                return;
            }
            long nanos = message.hasLoss()
                    ? message.getLoss().getUntilNs()
                    : message.getCounts().getTimeNs();
            long time = Math.min(TimeUnit.NANOSECONDS.toMillis(nanos), context.currentSystemTimeMs());
            ledger.put(
                    Keys.host(host, message.getSpoolMadeNs(), message.getSpoolNumber()),
                    record.value(),
                    Math.max(0, time));
        } catch (InvalidProtocolBufferException | MalformedMessageException e) {
            faults.count(Faults.MALFORMED, "");
        }
    }
}
