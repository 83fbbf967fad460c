// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.flows.FlowDoubt;
import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.flows.FlowTraffic;
import dev.nfkit.flows.ipfix.DataRecord;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessInfo;
import dev.nfkit.process.UnknownReason;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.TimeSource;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** JSON by the names of the Elastic Common Schema (ECS); what it has no name for is in {@code nfkit}. */
final class FlowJson implements FlowPrinter {
    private static final long SECOND = 1_000_000_000;

    private final JsonObject json = new JsonObject();
    private final StringBuilder address = new StringBuilder();

    @Override
    public void flow(FlowRecord flow, StringBuilder line) {
        begin(line, "flow", flow.end());
        event(flow);
        network(flow);
        boolean counted = !flow.doubts().contains(FlowDoubt.NOT_COUNTED);
        end("source", flow, true, counted ? flow.originalTraffic() : null);
        end("destination", flow, false, counted ? flow.replyTraffic() : null);
        json.beginNested("host");
        json.string("name", flow.host());
        json.end();
        flow.interfaceName().ifPresent(this::observer);
        flow.process().known().ifPresent(this::process);
        user(flow.process());
        own(flow, counted);
        json.end();
    }

    private void begin(StringBuilder line, String kind, FlowTime time) {
        boolean kernel = time.source() == FlowTime.Source.KERNEL;
        json.begin(line, kind, time.epochNanos(), kernel ? TimeSource.KERNEL : TimeSource.RECEIVED);
    }

    private void event(FlowRecord flow) {
        json.beginNested("event");
        json.string("kind", "event");
        json.beginArray("category");
        json.item("network");
        json.endArray();
        json.beginArray("type");
        json.item("connection");
        json.item(flow.isOpen() ? "info" : "end");
        json.endArray();
        json.string("action", "network_flow");
        json.string("reason", FlowWords.end(flow.reason()));
        json.instant("start", flow.start().epochNanos());
        json.instant("end", flow.end().epochNanos());
        json.number(
                "duration", Math.max(0, flow.end().epochNanos() - flow.start().epochNanos()));
        json.end();
    }

    private void network(FlowRecord flow) {
        ConntrackTuple tuple = flow.original();
        json.beginNested("network");
        if (tuple.hasAddresses()) {
            json.string("type", tuple.family().equals(AddressFamily.IPV6) ? "ipv6" : "ipv4");
        }
        if (tuple.hasProtocol()) {
            json.string("transport", IpProtocol.name(tuple.protocol()));
            json.string("iana_number", Integer.toString(tuple.protocol()));
        }
        if (!flow.doubts().contains(FlowDoubt.NOT_COUNTED)) {
            json.unsigned(
                    "bytes",
                    flow.originalTraffic().deltaBytes() + flow.replyTraffic().deltaBytes());
            json.unsigned(
                    "packets",
                    flow.originalTraffic().deltaPackets() + flow.replyTraffic().deltaPackets());
        }
        json.end();
    }

    /** One end, with its translation: the reply goes to the translated source. */
    private void end(String name, FlowRecord flow, boolean source, @Nullable FlowTraffic traffic) {
        json.beginNested(name);
        ConntrackTuple original = flow.original();
        ConntrackTuple reply = flow.reply();
        String ip = address(original, source);
        String nat = address(reply, !source);
        if (original.hasAddresses()) {
            json.string("ip", ip);
        }
        int port = port(original, source);
        if (original.hasPorts()) {
            json.number("port", port);
        }
        if (traffic != null) {
            json.number("bytes", traffic.deltaBytes());
            json.number("packets", traffic.deltaPackets());
        }
        boolean ports = original.hasPorts() && reply.hasPorts();
        if (reply.hasAddresses() && (!nat.equals(ip) || (ports && port != port(reply, !source)))) {
            json.beginNested("nat");
            json.string("ip", nat);
            if (ports) {
                json.number("port", port(reply, !source));
            }
            json.end();
        }
        json.end();
    }

    private String address(ConntrackTuple tuple, boolean source) {
        address.setLength(0);
        if (source) {
            tuple.appendSource(address);
        } else {
            tuple.appendDestination(address);
        }
        return address.toString();
    }

    private static int port(ConntrackTuple tuple, boolean source) {
        return !tuple.hasPorts() ? 0 : source ? tuple.sourcePort() : tuple.destinationPort();
    }

    private void observer(String interfaceName) {
        json.beginNested("observer");
        json.beginNested("ingress");
        json.beginNested("interface");
        json.string("name", interfaceName);
        json.end();
        json.end();
        json.end();
    }

    private void process(ProcessInfo process) {
        json.beginNested("process");
        json.number("pid", process.pid());
        json.string("name", process.name());
        process.executable().ifPresent(path -> json.string("executable", path));
        if (!process.commandLine().isEmpty()) {
            json.beginArray("args");
            process.commandLine().forEach(json::item);
            json.endArray();
        }
        json.end();
        process.containerId().ifPresent(id -> {
            json.beginNested("container");
            json.string("id", id);
            json.end();
        });
    }

    private void user(Attribution process) {
        process.uid().ifPresent(uid -> {
            json.beginNested("user");
            json.string("id", Long.toString(uid));
            json.end();
        });
    }

    /** What ECS has no name for. */
    private void own(FlowRecord flow, boolean counted) {
        json.beginNested("nfkit");
        json.string("flow", flow.flow().toString());
        json.number("meter_start", flow.meterStart());
        json.number("sequence", flow.sequence());
        json.instant("interval_start", flow.since().epochNanos());
        String state = FlowWords.state(flow);
        if (!state.isEmpty()) {
            json.string("state", state);
        }
        ConntrackTuple tuple = flow.original();
        if (tuple.hasIcmp()) {
            json.number("icmp_type", tuple.icmpType());
            json.number("icmp_code", tuple.icmpCode());
            json.number("icmp_id", tuple.icmpId());
        }
        json.number("zone", flow.zone());
        json.number("mark", flow.mark());
        labels(flow.labels());
        if (counted) {
            total("source_total", flow.originalTraffic());
            total("destination_total", flow.replyTraffic());
        }
        flow.process().known().ifPresent(process -> {
            process.cgroup().ifPresent(cgroup -> json.string("cgroup", cgroup));
            process.systemdUnit().ifPresent(unit -> json.string("unit", unit));
        });
        if (flow.process() instanceof Attribution.Unknown unknown && unknown.reason() != UnknownReason.NOT_ASKED) {
            json.string("process_unknown", unknown.reason().code());
        }
        json.string("start_source", source(flow.start()));
        json.string("end_source", source(flow.end()));
        json.beginArray("doubts");
        flow.doubts().forEach(doubt -> json.item(FlowWords.doubt(doubt)));
        json.endArray();
        json.end();
    }

    private static String source(FlowTime time) {
        return time.source() == FlowTime.Source.KERNEL ? "kernel" : "received";
    }

    private void labels(BigInteger labels) {
        if (labels.signum() != 0) {
            json.beginArray("labels");
            for (int label = 0; label < labels.bitLength(); label++) {
                if (labels.testBit(label)) {
                    json.item(Integer.toString(label));
                }
            }
            json.endArray();
        }
    }

    private void total(String name, FlowTraffic traffic) {
        json.beginNested(name);
        json.number("bytes", traffic.bytes());
        json.number("packets", traffic.packets());
        json.end();
    }

    @Override
    public void loss(FlowLoss loss, StringBuilder line) {
        begin(line, "flow_loss", loss.until());
        json.beginNested("host");
        json.string("name", loss.host());
        json.end();
        json.string("place", FlowWords.place(loss.place()));
        json.instant("since", loss.since().epochNanos());
        json.number("events", loss.events());
        json.number("begun", loss.begun());
        json.number("ended", loss.ended());
        json.number("unseen", loss.unseen());
        json.end();
    }

    @Override
    public void record(DataRecord record, StringBuilder line) {
        json.begin(line, "ipfix_record", record.exported().getEpochSecond() * SECOND, TimeSource.SENT);
        json.string("exporter", record.exporter());
        json.number("domain", record.domain());
        json.number("template", record.template().id());
        json.bool("options", record.template().isOptions());
        json.beginArray("fields");
        for (int i = 0; i < record.size(); i++) {
            json.beginItem();
            json.number("enterprise", record.element(i).enterprise());
            json.number("id", record.element(i).id());
            json.string("name", record.element(i).name());
            json.string("value", record.text(i));
            json.end();
        }
        json.endArray();
        json.end();
    }

    @Override
    public void missing(String exporter, long domain, long records, StringBuilder line) {
        json.beginNow(line, "ipfix_loss");
        json.string("exporter", exporter);
        json.number("domain", domain);
        json.number("records", records);
        json.end();
    }
}
