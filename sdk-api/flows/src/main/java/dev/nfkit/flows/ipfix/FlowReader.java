// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.Bytes;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowReport;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.flows.FlowTraffic;
import dev.nfkit.process.Attribution;
import dev.nfkit.process.ProcessInfo;
import dev.nfkit.process.UnknownReason;
import java.math.BigInteger;
import java.net.InetAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes flow records of the data records of one template, as {@link FlowField} writes them. */
final class FlowReader implements RecordReader.ReportReader {
    private static final FlowField[] ALL = FlowField.values();
    private static final FlowField[] NEEDED = {
        FlowField.PROTOCOL,
        FlowField.TOTAL_OCTETS,
        FlowField.TOTAL_PACKETS,
        FlowField.REPLY_TOTAL_OCTETS,
        FlowField.REPLY_TOTAL_PACKETS,
        FlowField.OCTETS,
        FlowField.PACKETS,
        FlowField.REPLY_OCTETS,
        FlowField.REPLY_PACKETS,
        FlowField.START,
        FlowField.END,
        FlowField.START_NANOS,
        FlowField.END_NANOS,
        FlowField.INTERVAL_START,
        FlowField.RECEIPT_TIMES,
        FlowField.FLOW_END,
        FlowField.DOUBTS,
        FlowField.FLOW_UUID,
        FlowField.METER_START,
        FlowField.RECORD_NUMBER,
        FlowField.ZONE,
        FlowField.MARK,
        FlowField.STATE,
        FlowField.LABELS,
        FlowField.DIRECTION_ZONES,
        FlowField.HOST,
        FlowField.INTERFACE
    };
    private static final int IPV4 = 4;
    private static final int IPV6 = 16;
    private static final int PORTS = 0xffff;

    private final Map<FlowField, Integer> places = new EnumMap<>(FlowField.class);

    private FlowReader(IpfixTemplate template, long enterprise) {
        ReportFields fields = new ReportFields(template);
        for (FlowField field : ALL) {
            places.put(field, fields.find(field.element(enterprise)));
        }
    }

    /** A reader, or null if the records are no flows of nfkit. */
    static @Nullable FlowReader of(IpfixTemplate template, long enterprise) {
        FlowReader reader = new FlowReader(template, enterprise);
        return reader.has(NEEDED)
                        && (reader.has(FlowField.SOURCE_IPV4, FlowField.DESTINATION_IPV4)
                                || reader.has(FlowField.SOURCE_IPV6, FlowField.DESTINATION_IPV6))
                ? reader
                : null;
    }

    private int place(FlowField field) {
        return places.getOrDefault(field, ReportFields.ABSENT);
    }

    private boolean has(FlowField... fields) {
        for (FlowField field : fields) {
            if (place(field) == ReportFields.ABSENT) {
                return false;
            }
        }
        return true;
    }

    private long number(RecordCursor cursor, FlowField field) {
        return ReportFields.unsigned(cursor, place(field));
    }

    private long signed(RecordCursor cursor, FlowField field) {
        return ReportFields.signed(cursor, place(field));
    }

    private int small(RecordCursor cursor, FlowField field) {
        return ReportFields.small(cursor, place(field));
    }

    private String text(RecordCursor cursor, FlowField field) {
        return ReportFields.text(cursor, place(field));
    }

    private Optional<String> optional(RecordCursor cursor, FlowField field) {
        return has(field) ? Optional.of(text(cursor, field)).filter(text -> !text.isEmpty()) : Optional.empty();
    }

    private Bytes bytes(RecordCursor cursor, FlowField field, int length) {
        return ReportFields.bytes(cursor, place(field), length);
    }

    @Override
    public FlowReport read(RecordCursor cursor) {
        ConntrackTuple original = original(cursor);
        ConntrackTuple reply = reply(cursor, original);
        int zones = place(FlowField.DIRECTION_ZONES);
        if (cursor.length(zones) > 0) {
            Bytes pair = ReportFields.bytes(cursor, zones, Values.DIRECTION_ZONES_LENGTH);
            original = inZone(original, (int) pair.u32(0));
            reply = inZone(reply, (int) pair.u32(Integer.BYTES));
        }
        int receipt = small(cursor, FlowField.RECEIPT_TIMES);
        int end = small(cursor, FlowField.FLOW_END);
        Bytes id = bytes(cursor, FlowField.FLOW_UUID, 2 * Long.BYTES);
        return new FlowRecord(
                text(cursor, FlowField.HOST),
                new UUID(id.u64(0), id.u64(Long.BYTES)),
                number(cursor, FlowField.METER_START),
                number(cursor, FlowField.RECORD_NUMBER),
                original,
                reply,
                small(cursor, FlowField.ZONE),
                number(cursor, FlowField.MARK),
                labels(cursor),
                state(cursor),
                new FlowTraffic(
                        number(cursor, FlowField.TOTAL_PACKETS),
                        number(cursor, FlowField.TOTAL_OCTETS),
                        number(cursor, FlowField.PACKETS),
                        number(cursor, FlowField.OCTETS)),
                new FlowTraffic(
                        number(cursor, FlowField.REPLY_TOTAL_PACKETS),
                        number(cursor, FlowField.REPLY_TOTAL_OCTETS),
                        number(cursor, FlowField.REPLY_PACKETS),
                        number(cursor, FlowField.REPLY_OCTETS)),
                time(cursor, FlowField.START, FlowField.START_NANOS, receipt, Values.START_BIT),
                ReportFields.time(signed(cursor, FlowField.INTERVAL_START), receipt, Values.SINCE_BIT),
                time(cursor, FlowField.END, FlowField.END_NANOS, receipt, Values.END_BIT),
                Codes.end(end).orElseThrow(() -> new IllegalArgumentException("flowEnd is 1 to 6, not " + end)),
                Codes.doubts(small(cursor, FlowField.DOUBTS)),
                optional(cursor, FlowField.INTERFACE),
                process(cursor));
    }

    private static ConntrackTuple inZone(ConntrackTuple tuple, int zone) {
        return zone < 0 ? tuple : tuple.inZone(zone);
    }

    private ConntrackTuple original(RecordCursor cursor) {
        boolean six = !has(FlowField.SOURCE_IPV4);
        InetAddress source = address(cursor, six ? FlowField.SOURCE_IPV6 : FlowField.SOURCE_IPV4);
        InetAddress destination = address(cursor, six ? FlowField.DESTINATION_IPV6 : FlowField.DESTINATION_IPV4);
        int protocol = small(cursor, FlowField.PROTOCOL);
        if (has(FlowField.SOURCE_PORT, FlowField.DESTINATION_PORT)) {
            return ConntrackTuple.of(
                    protocol,
                    source,
                    small(cursor, FlowField.SOURCE_PORT),
                    destination,
                    small(cursor, FlowField.DESTINATION_PORT));
        }
        FlowField typeAndCode = six ? FlowField.ICMPV6_TYPE_CODE : FlowField.ICMP_TYPE_CODE;
        return has(FlowField.ICMP_ID, typeAndCode)
                ? icmp(source, destination, small(cursor, FlowField.ICMP_ID), small(cursor, typeAndCode))
                : ConntrackTuple.of(protocol, source, destination);
    }

    private InetAddress address(RecordCursor cursor, FlowField field) {
        boolean six = field == FlowField.SOURCE_IPV6
                || field == FlowField.DESTINATION_IPV6
                || field == FlowField.NAT_SOURCE_IPV6
                || field == FlowField.NAT_DESTINATION_IPV6;
        return ReportFields.address(cursor, place(field), six ? IPV6 : IPV4);
    }

    private static ConntrackTuple icmp(InetAddress source, InetAddress destination, int id, int typeAndCode) {
        return ConntrackTuple.icmp(source, destination, id, typeAndCode >> Byte.SIZE, typeAndCode & 0xff);
    }

    /** The reply goes to the translated source and comes from the translated destination. */
    private ConntrackTuple reply(RecordCursor cursor, ConntrackTuple original) {
        InetAddress source = original.destination();
        InetAddress destination = original.source();
        if (has(FlowField.NAT_SOURCE_IPV4, FlowField.NAT_DESTINATION_IPV4)) {
            source = address(cursor, FlowField.NAT_DESTINATION_IPV4);
            destination = address(cursor, FlowField.NAT_SOURCE_IPV4);
        } else if (has(FlowField.NAT_SOURCE_IPV6, FlowField.NAT_DESTINATION_IPV6)) {
            source = address(cursor, FlowField.NAT_DESTINATION_IPV6);
            destination = address(cursor, FlowField.NAT_SOURCE_IPV6);
        }
        if (original.hasPorts()) {
            boolean translated = has(FlowField.NAT_SOURCE_PORT, FlowField.NAT_DESTINATION_PORT);
            return ConntrackTuple.of(
                    original.protocol(),
                    source,
                    translated ? small(cursor, FlowField.NAT_DESTINATION_PORT) : original.destinationPort(),
                    destination,
                    translated ? small(cursor, FlowField.NAT_SOURCE_PORT) : original.sourcePort());
        }
        return original.hasIcmp() && has(FlowField.REPLY_ICMP_ID, FlowField.REPLY_ICMP_TYPE_CODE)
                ? icmp(
                        source,
                        destination,
                        small(cursor, FlowField.REPLY_ICMP_ID),
                        small(cursor, FlowField.REPLY_ICMP_TYPE_CODE) & PORTS)
                : ConntrackTuple.of(original.protocol(), source, destination);
    }

    private int state(RecordCursor cursor) {
        return (int) Math.max(Integer.MIN_VALUE, Math.min(signed(cursor, FlowField.STATE), Integer.MAX_VALUE));
    }

    private BigInteger labels(RecordCursor cursor) {
        byte[] labels = cursor.bytes(place(FlowField.LABELS));
        return new BigInteger(1, labels);
    }

    private FlowTime time(RecordCursor cursor, FlowField millis, FlowField subMillis, int receipt, int bit) {
        try {
            long nanos = Math.addExact(
                    Math.multiplyExact(signed(cursor, millis), Values.NANOS_PER_MILLI), number(cursor, subMillis));
            return ReportFields.time(nanos, receipt, bit);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("a time is too far from 1970", e);
        }
    }

    private Attribution process(RecordCursor cursor) {
        if (has(FlowField.PROCESS_ID, FlowField.PROCESS_START, FlowField.PROCESS_USER, FlowField.PROCESS_NAME)) {
            return new Attribution.Known(new ProcessInfo(
                    number(cursor, FlowField.PROCESS_ID),
                    Duration.ofNanos(number(cursor, FlowField.PROCESS_START)),
                    text(cursor, FlowField.PROCESS_NAME),
                    optional(cursor, FlowField.PROCESS_EXECUTABLE),
                    optional(cursor, FlowField.PROCESS_COMMAND_LINE)
                            .map(FlowReader::arguments)
                            .orElse(List.of()),
                    number(cursor, FlowField.PROCESS_USER),
                    optional(cursor, FlowField.PROCESS_CGROUP)));
        }
        if (has(FlowField.UNKNOWN_REASON, FlowField.UNKNOWN_USER)) {
            String code = text(cursor, FlowField.UNKNOWN_REASON);
            long user = signed(cursor, FlowField.UNKNOWN_USER);
            return new Attribution.Unknown(reason(code), user < 0 ? OptionalLong.empty() : OptionalLong.of(user));
        }
        return Attribution.unknown(UnknownReason.NOT_ASKED);
    }

    /** A zero byte ends each argument; that of the last one is missing if the line was shortened. */
    private static List<String> arguments(String line) {
        String inner = line.endsWith("\0") ? line.substring(0, line.length() - 1) : line;
        return List.of(inner.split("\0", -1));
    }

    /** A reason of a later version is one that this version cannot know. */
    private static UnknownReason reason(String code) {
        for (UnknownReason reason : UnknownReason.values()) {
            if (reason.code().equals(code)) {
                return reason;
            }
        }
        return UnknownReason.FAILED;
    }
}
