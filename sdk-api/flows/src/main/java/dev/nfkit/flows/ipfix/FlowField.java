// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.ipfix.Content.Fixed;
import dev.nfkit.flows.ipfix.Content.Octets;
import dev.nfkit.flows.ipfix.Content.Text;
import dev.nfkit.flows.ipfix.Content.Writer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a flow record, in the order of the templates. Totals precede deltas: a reader that has one place for
 * both, such as nfdump, keeps the last one, and sums of deltas are right.
 */
enum FlowField {
    SOURCE_IPV4(8, Part.IPV4, 4, (flow, out) -> flow.original().putSource(out)),
    DESTINATION_IPV4(12, Part.IPV4, 4, (flow, out) -> flow.original().putDestination(out)),
    SOURCE_IPV6(27, Part.IPV6, 16, (flow, out) -> flow.original().putSource(out)),
    DESTINATION_IPV6(28, Part.IPV6, 16, (flow, out) -> flow.original().putDestination(out)),
    PROTOCOL(4, Part.ALWAYS, 1, (flow, out) -> out.put((byte) flow.original().protocol())),
    SOURCE_PORT(
            7,
            Part.PORTS,
            2,
            (flow, out) -> out.putShort((short) flow.original().sourcePort())),
    DESTINATION_PORT(
            11,
            Part.PORTS,
            2,
            (flow, out) -> out.putShort((short) flow.original().destinationPort())),
    ICMP_TYPE_CODE(32, Part.ICMPV4, 2, (flow, out) -> Values.putTypeAndCode(flow.original(), out)),
    ICMPV6_TYPE_CODE(139, Part.ICMPV6, 2, (flow, out) -> Values.putTypeAndCode(flow.original(), out)),
    ICMP_ID(
            Own.ICMP_ID,
            Part.ICMP,
            2,
            (flow, out) -> out.putShort((short) flow.original().icmpId())),
    REPLY_ICMP_TYPE_CODE(
            Own.REPLY_ICMP_TYPE_CODE, Part.ICMP, 2, (flow, out) -> Values.putTypeAndCode(flow.reply(), out)),
    REPLY_ICMP_ID(
            Own.REPLY_ICMP_ID,
            Part.ICMP,
            2,
            (flow, out) -> out.putShort((short) flow.reply().icmpId())),

    // The reply goes to the translated source and comes from the translated destination.
    NAT_SOURCE_IPV4(225, Part.NAT_IPV4, 4, (flow, out) -> flow.reply().putDestination(out)),
    NAT_DESTINATION_IPV4(226, Part.NAT_IPV4, 4, (flow, out) -> flow.reply().putSource(out)),
    NAT_SOURCE_IPV6(281, Part.NAT_IPV6, 16, (flow, out) -> flow.reply().putDestination(out)),
    NAT_DESTINATION_IPV6(282, Part.NAT_IPV6, 16, (flow, out) -> flow.reply().putSource(out)),
    NAT_SOURCE_PORT(
            227,
            Part.NAT_PORTS,
            2,
            (flow, out) -> out.putShort((short) flow.reply().destinationPort())),
    NAT_DESTINATION_PORT(
            228,
            Part.NAT_PORTS,
            2,
            (flow, out) -> out.putShort((short) flow.reply().sourcePort())),

    TOTAL_OCTETS(
            85,
            Part.ALWAYS,
            8,
            (flow, out) -> out.putLong(flow.originalTraffic().bytes())),
    TOTAL_PACKETS(
            86,
            Part.ALWAYS,
            8,
            (flow, out) -> out.putLong(flow.originalTraffic().packets())),
    REPLY_TOTAL_OCTETS(85, 8, (flow, out) -> out.putLong(flow.replyTraffic().bytes())),
    REPLY_TOTAL_PACKETS(86, 8, (flow, out) -> out.putLong(flow.replyTraffic().packets())),
    OCTETS(1, Part.ALWAYS, 8, (flow, out) -> out.putLong(flow.originalTraffic().deltaBytes())),
    PACKETS(2, Part.ALWAYS, 8, (flow, out) -> out.putLong(flow.originalTraffic().deltaPackets())),
    REPLY_OCTETS(1, 8, (flow, out) -> out.putLong(flow.replyTraffic().deltaBytes())),
    REPLY_PACKETS(2, 8, (flow, out) -> out.putLong(flow.replyTraffic().deltaPackets())),

    START(152, Part.ALWAYS, 8, (flow, out) -> out.putLong(Values.millis(flow.start()))),
    END(153, Part.ALWAYS, 8, (flow, out) -> out.putLong(Values.millis(flow.end()))),
    START_NANOS(Own.START_NANOS, Part.ALWAYS, 4, (flow, out) -> out.putInt(Values.subMillis(flow.start()))),
    END_NANOS(Own.END_NANOS, Part.ALWAYS, 4, (flow, out) -> out.putInt(Values.subMillis(flow.end()))),
    INTERVAL_START(
            Own.INTERVAL_START,
            Part.ALWAYS,
            8,
            (flow, out) -> out.putLong(flow.since().epochNanos())),
    RECEIPT_TIMES(Own.RECEIPT_TIMES, Part.ALWAYS, 1, (flow, out) -> out.put(Values.receiptTimes(flow))),

    END_REASON(136, Part.ALWAYS, 1, (flow, out) -> out.put(Codes.standardEnd(flow.reason()))),
    FLOW_END(Own.FLOW_END, Part.ALWAYS, 1, (flow, out) -> out.put(Codes.of(flow.reason()))),
    BIFLOW_DIRECTION(239, Part.ALWAYS, 1, (flow, out) -> out.put(Values.INITIATOR)),
    DOUBTS(Own.DOUBTS, Part.ALWAYS, 1, (flow, out) -> out.put(Codes.of(flow.doubts()))),
    FLOW_UUID(
            Own.FLOW_UUID,
            Part.ALWAYS,
            16,
            (flow, out) -> out.putLong(flow.flow().getMostSignificantBits())
                    .putLong(flow.flow().getLeastSignificantBits())),
    RECORD_NUMBER(Own.RECORD_NUMBER, Part.ALWAYS, 8, (flow, out) -> out.putLong(flow.sequence())),
    METER_START(Own.METER_START, Part.ALWAYS, 8, (flow, out) -> out.putLong(flow.meterStart())),
    ZONE(Own.ZONE, Part.ALWAYS, 2, (flow, out) -> out.putShort((short) flow.zone())),
    MARK(Own.MARK, Part.ALWAYS, 4, (flow, out) -> out.putInt((int) flow.mark())),
    STATE(Own.STATE, Part.ALWAYS, 2, (flow, out) -> out.putShort((short) flow.state())),
    LABELS(Own.LABELS, new Octets(flow -> Values.labelsLength(flow.labels()), Values::putLabels)),
    DIRECTION_ZONES(Own.DIRECTION_ZONES, new Octets(Values::directionZonesLength, Values::putDirectionZones)),
    HOST(Own.HOST, Part.ALWAYS, FlowRecord::host),
    INTERFACE(82, flow -> flow.interfaceName().orElse("")),

    PROCESS_ID(
            Own.PROCESS_ID,
            Part.KNOWN_PROCESS,
            4,
            (flow, out) -> out.putInt((int) Values.process(flow).pid())),
    PROCESS_START(
            Own.PROCESS_START,
            Part.KNOWN_PROCESS,
            8,
            (flow, out) -> out.putLong(Values.nanos(Values.process(flow).startedAfterBoot()))),
    PROCESS_USER(Own.PROCESS_USER, Part.KNOWN_PROCESS, 8, (flow, out) -> out.putLong(Values.user(flow))),
    PROCESS_NAME(
            Own.PROCESS_NAME, Part.KNOWN_PROCESS, flow -> Values.process(flow).name()),
    PROCESS_EXECUTABLE(
            Own.PROCESS_EXECUTABLE,
            Part.KNOWN_PROCESS,
            flow -> Values.process(flow).executable().orElse("")),
    PROCESS_COMMAND_LINE(Own.PROCESS_COMMAND_LINE, Part.KNOWN_PROCESS, Values::commandLine),
    PROCESS_CGROUP(
            Own.PROCESS_CGROUP,
            Part.KNOWN_PROCESS,
            flow -> Values.process(flow).cgroup().orElse("")),
    UNKNOWN_REASON(Own.PROCESS_UNKNOWN, Part.UNKNOWN_PROCESS, Values::unknownReason),
    UNKNOWN_USER(Own.PROCESS_USER, Part.UNKNOWN_PROCESS, 8, (flow, out) -> out.putLong(Values.user(flow)));

    private final Part part;

    @SuppressWarnings("ImmutableEnumChecker") // its functions have no state
    private final Content content;

    private final int standard;
    private final boolean reverse;
    private final @Nullable Own own;

    FlowField(int standard, Part part, int length, Writer writer) {
        this(standard, false, null, part, new Fixed(length, writer));
    }

    /** The other direction of a standard element (RFC 5103). */
    FlowField(int standard, int length, Writer writer) {
        this(standard, true, null, Part.ALWAYS, new Fixed(length, writer));
    }

    FlowField(Own own, Part part, int length, Writer writer) {
        this(0, false, own, part, new Fixed(length, writer));
    }

    FlowField(Own own, Octets content) {
        this(0, false, own, Part.ALWAYS, content);
    }

    FlowField(Own own, Part part, Function<FlowRecord, String> text) {
        this(0, false, own, part, new Text(text));
    }

    FlowField(int standard, Function<FlowRecord, String> text) {
        this(standard, false, null, Part.ALWAYS, new Text(text));
    }

    FlowField(int standard, boolean reverse, @Nullable Own own, Part part, Content content) {
        this.standard = standard;
        this.reverse = reverse;
        this.own = own;
        this.part = part;
        this.content = content;
    }

    boolean isIn(int kind) {
        return part.isIn(kind);
    }

    Content content() {
        return content;
    }

    InformationElement element(long enterprise) {
        if (own != null) {
            return own.element(enterprise);
        }
        return reverse ? InformationElement.reverse(standard) : InformationElement.standard(standard);
    }
}
