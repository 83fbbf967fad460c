// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.PrintableText;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.Direction;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.packet.IpProtocol;
import dev.nfkit.samples.cli.conntrack.names.LabelNames;
import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.function.Consumer;

/**
 * Writes connections, expectations and events as an XML document with the elements of conntrack(8), one {@code flow}
 * element in each line.
 */
public final class ConntrackXml implements ConntrackPrinter {
    private static final long SECOND = 1_000_000_000L;

    private final ConntrackColumns columns;
    private final ZoneId zone = ZoneId.systemDefault();

    public ConntrackXml(ConntrackColumns columns) {
        this.columns = columns;
    }

    @Override
    public void head(boolean expectations, StringBuilder line) {
        line.append("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<")
                .append(root(expectations))
                .append('>');
    }

    @Override
    public void tail(boolean expectations, StringBuilder line) {
        line.append("</").append(root(expectations)).append('>');
    }

    private static String root(boolean expectations) {
        return expectations ? "expect" : "conntrack";
    }

    @Override
    public void entry(ConntrackEntry entry, long nanos, StringBuilder line) {
        flow("<flow>", entry, nanos, line);
    }

    @Override
    public void event(ConntrackEvent event, long nanos, StringBuilder line) {
        String type = event instanceof ConntrackEvent.New || event instanceof ConntrackEvent.ExpectationNew
                ? "new"
                : event instanceof ConntrackEvent.Updated || event instanceof ConntrackEvent.ExpectationUpdated
                        ? "update"
                        : "destroy";
        String flow = "<flow type=\"" + type + "\">";
        if (event instanceof ConntrackEvent.OfConnection connection) {
            flow(flow, connection.entry(), nanos, line);
        } else if (event instanceof ConntrackEvent.OfExpectation expected) {
            expectation(flow, expected.expectation(), nanos, line);
        } else if (event instanceof ConntrackEvent.Overrun overrun) {
            line.append("<!-- ").append(overrun.lost()).append(" events were lost -->");
        }
    }

    @Override
    public void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line) {
        expectation("<flow>", expectation, nanos, line);
    }

    private void flow(String start, ConntrackEntry entry, long nanos, StringBuilder line) {
        line.append(start);
        if (entry.has(ConntrackAttribute.TUPLE_ORIG)) {
            direction("original", entry, Direction.ORIGINAL, line);
        }
        if (entry.has(ConntrackAttribute.TUPLE_REPLY)) {
            direction("reply", entry, Direction.REPLY, line);
        }
        line.append("<meta direction=\"independent\">");
        independent(entry, line);
        line.append("</meta>");
        when(nanos, line);
        line.append("</flow>");
    }

    private static void direction(String name, ConntrackEntry entry, Direction direction, StringBuilder line) {
        ConntrackTuple tuple = entry.tuple(direction);
        line.append("<meta direction=\"").append(name).append("\">");
        layer3(tuple, line);
        addresses(tuple, line);
        line.append("</layer3>");
        layer4(tuple, line);
        ports(tuple, line);
        line.append("</layer4>");
        tuple.zone().ifPresent(id -> number("zone", id, line));
        if (entry.hasCounters(direction)) {
            line.append("<counters>");
            number("packets", entry.packets(direction), line);
            number("bytes", entry.bytes(direction), line);
            line.append("</counters>");
        }
        line.append("</meta>");
    }

    private static void layer3(ConntrackTuple tuple, StringBuilder line) {
        int family = tuple.family().number();
        line.append("<layer3 protonum=\"").append(family).append("\" protoname=\"");
        line.append(family == 2 ? "ipv4" : family == 10 ? "ipv6" : "unknown").append("\">");
    }

    private static void layer4(ConntrackTuple tuple, StringBuilder line) {
        int protocol = protocol(tuple);
        line.append("<layer4 protonum=\"").append(protocol).append("\" protoname=\"");
        line.append(ProtocolNames.name(protocol)).append("\">");
    }

    /** The protocol; 0 if there is none. */
    private static int protocol(ConntrackTuple tuple) {
        return tuple.hasProtocol() ? tuple.protocol() : 0;
    }

    private static void addresses(ConntrackTuple tuple, StringBuilder line) {
        tuple.appendSource(line.append("<src>"));
        tuple.appendDestination(line.append("</src><dst>"));
        line.append("</dst>");
    }

    private static void ports(ConntrackTuple tuple, StringBuilder line) {
        if (tuple.hasPorts() && protocol(tuple) == IpProtocol.GRE) {
            line.append("<srckey>0x").append(Integer.toHexString(tuple.sourcePort()));
            line.append("</srckey><dstkey>0x").append(Integer.toHexString(tuple.destinationPort()));
            line.append("</dstkey>");
        } else if (tuple.hasPorts()) {
            number("sport", tuple.sourcePort(), line);
            number("dport", tuple.destinationPort(), line);
        }
    }

    private void independent(ConntrackEntry entry, StringBuilder line) {
        int state = entry.protocolState();
        if (state >= 0) {
            boolean known = entry.has(ConntrackAttribute.TUPLE_ORIG);
            text("state", ProtocolNames.state(known ? protocol(entry.original()) : 0, state), line);
        }
        if (entry.has(ConntrackAttribute.TIMEOUT)) {
            number("timeout", entry.timeout(), line);
        }
        if (entry.has(ConntrackAttribute.MARK)) {
            number("mark", entry.mark(), line);
        }
        if (entry.hasSecurityContext()) {
            text("secctx", entry.securityContext(), line);
        }
        if (entry.has(ConntrackAttribute.ZONE)) {
            number("zone", entry.zone(), line);
        }
        if (entry.has(ConntrackAttribute.USE)) {
            number("use", entry.use(), line);
        }
        if (entry.has(ConntrackAttribute.ID)) {
            number("id", entry.id(), line);
        }
        if (entry.is(ConntrackStatus.ASSURED)) {
            line.append("<assured/>");
        }
        if (entry.has(ConntrackAttribute.STATUS) && !entry.is(ConntrackStatus.SEEN_REPLY)) {
            line.append("<unreplied/>");
        }
        times(entry, line);
        if (entry.hasHelper()) {
            text("helper", entry.helper(), line);
        }
        LabelNames labels = columns.labels();
        if (labels != null && entry.has(ConntrackAttribute.LABELS)) {
            line.append("<labels>");
            entry.labels().stream().forEach(label -> text("label", labels.name(label), line));
            line.append("</labels>");
        }
    }

    private void times(ConntrackEntry entry, StringBuilder line) {
        if (columns.timestamps() && entry.hasStart()) {
            line.append("<timestamp>");
            number("start", entry.startNanos(), line);
            if (entry.hasStop()) {
                number("stop", entry.stopNanos(), line);
            }
            line.append("</timestamp>");
        }
        if (entry.hasStart()) {
            long end = entry.hasStop() ? entry.stopNanos() / SECOND : System.currentTimeMillis() / 1000;
            number("deltatime", Math.max(0, end - entry.startNanos() / SECOND), line);
        }
    }

    private void when(long nanos, StringBuilder line) {
        if (nanos == NO_TIME) {
            return;
        }
        ZonedDateTime time = Instant.ofEpochSecond(Math.floorDiv(nanos, SECOND)).atZone(zone);
        line.append("<when>");
        number("hour", time.getHour(), line);
        twoDigits("min", time.getMinute(), line);
        twoDigits("sec", time.getSecond(), line);
        number("wday", time.getDayOfWeek().getValue() % 7 + 1, line);
        number("day", time.getDayOfMonth(), line);
        number("month", time.getMonthValue(), line);
        number("year", time.getYear(), line);
        line.append("</when>");
    }

    private void expectation(String start, ConntrackExpectation expectation, long nanos, StringBuilder line) {
        line.append(start);
        expectation.tuple().ifPresent(tuple -> {
            layer3(tuple, line);
            parts(expectation, part -> addresses(part, line), line);
            line.append("</layer3>");
            layer4(tuple, line);
            parts(expectation, part -> ports(part, line), line);
            line.append("</layer4>");
        });
        line.append("<meta>");
        expectation.helper().ifPresent(helper -> text("helper-name", helper, line));
        expectation.timeout().ifPresent(timeout -> number("timeout", timeout, line));
        if (expectation.zone() != 0) {
            number("zone", expectation.zone(), line);
        }
        when(nanos, line);
        flag(expectation, ConntrackExpectation.PERMANENT, "<permanent/>", line);
        flag(expectation, ConntrackExpectation.INACTIVE, "<inactive/>", line);
        flag(expectation, ConntrackExpectation.USERSPACE, "<userspace/>", line);
        line.append("</meta></flow>");
    }

    private static void parts(ConntrackExpectation expectation, Consumer<ConntrackTuple> part, StringBuilder line) {
        line.append("<expected>");
        expectation.tuple().ifPresent(part);
        line.append("</expected><mask>");
        expectation.mask().ifPresent(part);
        line.append("</mask><master>");
        expectation.master().ifPresent(part);
        line.append("</master>");
    }

    private static void flag(ConntrackExpectation expectation, long bit, String element, StringBuilder line) {
        line.append((expectation.flags() & bit) != 0 ? element : "");
    }

    private static void number(String name, long value, StringBuilder line) {
        line.append('<').append(name).append('>').append(Long.toUnsignedString(value));
        line.append("</").append(name).append('>');
    }

    private static void twoDigits(String name, int value, StringBuilder line) {
        line.append('<').append(name).append('>').append(value < 10 ? "0" : "").append(value);
        line.append("</").append(name).append('>');
    }

    /**
     * Appends an element with text from outside. Control characters are removed, and the characters reserved in XML are
     * escaped.
     */
    private static void text(String name, String value, StringBuilder line) {
        StringBuilder printable = new StringBuilder();
        PrintableText.append(printable, value);
        line.append('<').append(name).append('>');
        for (int i = 0; i < printable.length(); i++) {
            char c = printable.charAt(i);
            switch (c) {
                case '&' -> line.append("&amp;");
                case '<' -> line.append("&lt;");
                case '>' -> line.append("&gt;");
                default -> line.append(c >= '\ufffe' ? '.' : c);
            }
        }
        line.append("</").append(name).append('>');
    }
}
