// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackMessage;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.samples.cli.conntrack.print.ConntrackClock;
import dev.nfkit.samples.cli.conntrack.print.ConntrackColumns;
import dev.nfkit.samples.cli.conntrack.print.ConntrackLines;
import dev.nfkit.samples.cli.conntrack.print.ConntrackPrinter;
import dev.nfkit.samples.cli.conntrack.print.ExpectationLine;
import dev.nfkit.samples.cli.output.AttributeJson;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;

/**
 * Formats a recording's messages as lines: events and entries as conntrack(8) prints them, requests after an arrow to
 * the kernel, answers after an arrow from it.
 */
final class TracedConntrackText implements TracedConntrack {
    private static final String TO_KERNEL = "-> ";
    private static final String FROM_KERNEL = "<- ";
    private static final ConntrackClock CLOCK = ConntrackClock.OF_DAY;

    private final ConntrackLines lines = new ConntrackLines(ConntrackColumns.EXTENDED, CLOCK);
    private final JsonObject json = new JsonObject();
    private final AttributeJson attributes = new AttributeJson(json);

    @Override
    public void request(ConntrackMessage type, MessageCursor message, long nanos, StringBuilder line)
            throws MalformedMessageException {
        message.requireNfgenmsg();
        begin(TO_KERNEL, nanos, line);
        line.append(type.kernelName());
        boolean makes = type == ConntrackMessage.CT_NEW || type == ConntrackMessage.EXP_NEW;
        boolean dumps = (message.flags() & Netlink.NLM_F_DUMP) == Netlink.NLM_F_DUMP;
        line.append(!makes && dumps ? " dump" : "");
        line.append(makes && (message.flags() & Netlink.NLM_F_CREATE) != 0 ? " create" : "");
        line.append(family(message.family()));
        attributes(type, message, line);
    }

    private static String family(int number) {
        return switch (number) {
            case 0 -> "";
            case 2 -> " ipv4";
            case 10 -> " ipv6";
            default -> " family " + number;
        };
    }

    @Override
    public void answer(ConntrackMessage type, MessageCursor message, long nanos, StringBuilder line)
            throws MalformedMessageException {
        message.requireNfgenmsg();
        begin(FROM_KERNEL, nanos, line);
        line.append(type.kernelName());
        line.append(type == ConntrackMessage.CT_GET_STATS ? "" : " cpu " + message.resId());
        attributes(type, message, line);
    }

    private void attributes(ConntrackMessage type, MessageCursor message, StringBuilder line)
            throws MalformedMessageException {
        int from = message.attributesOffset();
        if (from == message.end()) {
            return;
        }
        json.begin(line.append(' '));
        attributes.members(
                new BytesView().wrap(message.buffer(), from, message.end() - from), message.order(), type.schema());
        json.end();
    }

    @Override
    public void entry(ConntrackEntry entry, long nanos, StringBuilder line) {
        begin(FROM_KERNEL, nanos, line);
        lines.entry(entry, line, nanos);
    }

    @Override
    public void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line) {
        begin(FROM_KERNEL, nanos, line);
        ExpectationLine.append(expectation, line);
    }

    @Override
    public void event(ConntrackEvent event, long nanos, StringBuilder line) {
        lines.event(event, nanos, line);
    }

    @Override
    public void outcome(ConntrackMessage request, String outcome, long nanos, StringBuilder line) {
        begin(FROM_KERNEL, nanos, line);
        line.append(outcome).append(" (").append(request.kernelName()).append(')');
    }

    private static void begin(String arrow, long nanos, StringBuilder line) {
        if (nanos != ConntrackPrinter.NO_TIME) {
            CLOCK.append(nanos, line);
        }
        line.append(arrow);
    }
}
