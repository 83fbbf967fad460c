// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackMessage;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.samples.cli.conntrack.print.ConntrackJson;
import dev.nfkit.samples.cli.output.AttributeJson;
import dev.nfkit.samples.cli.output.JsonNames;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.TimeSource;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteOrder;
import java.util.Locale;

/** Formats a recording's messages as JSON objects: requests, answers and events. */
final class TracedConntrackJson implements TracedConntrack {
    private final ConntrackJson events = new ConntrackJson();
    private final JsonObject json = new JsonObject();
    private final AttributeJson attributes = new AttributeJson(json);

    @Override
    public void request(ConntrackMessage type, MessageCursor message, long nanos, StringBuilder line)
            throws MalformedMessageException {
        message.requireNfgenmsg();
        begin("request", key(type), nanos, line);
        flag(message, Netlink.NLM_F_DUMP, "dump");
        boolean makes = type == ConntrackMessage.CT_NEW || type == ConntrackMessage.EXP_NEW;
        if (makes) {
            flag(message, Netlink.NLM_F_CREATE, "create");
            flag(message, Netlink.NLM_F_EXCL, "excl");
        }
        JsonNames.family(json, message.family());
        members(type, message);
        json.end();
    }

    private void flag(MessageCursor message, int flag, String name) {
        if ((message.flags() & flag) == flag) {
            json.bool(name, true);
        }
    }

    @Override
    public void answer(ConntrackMessage type, MessageCursor message, long nanos, StringBuilder line)
            throws MalformedMessageException {
        message.requireNfgenmsg();
        begin("answer", key(type), nanos, line);
        if (type != ConntrackMessage.CT_GET_STATS) {
            json.number("cpu", message.resId());
        }
        members(type, message);
        json.end();
    }

    /** Writes a message's attributes, after the members written so far. */
    private void members(ConntrackMessage type, MessageCursor message) throws MalformedMessageException {
        int from = message.attributesOffset();
        Bytes bytes = new BytesView().wrap(message.buffer(), from, message.end() - from);
        attributes.members(bytes, message.order(), type.schema());
    }

    @Override
    public void entry(ConntrackEntry entry, long nanos, StringBuilder line) {
        begin("answer", key(ConntrackMessage.CT_NEW), nanos, line);
        members(entry.family().number(), entry.attributes(), entry.order(), ConntrackAttribute.SCHEMA);
    }

    @Override
    public void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line) {
        begin("answer", key(ConntrackMessage.EXP_NEW), nanos, line);
        members(
                expectation.family().number(),
                expectation.attributes(),
                expectation.order(),
                ExpectationAttribute.SCHEMA);
    }

    private void members(int family, Bytes bytes, ByteOrder order, AttributeSchema schema) {
        JsonNames.family(json, family);
        attributes.membersOrHex(bytes, order, schema);
        json.end();
    }

    @Override
    public void event(ConntrackEvent event, long nanos, StringBuilder line) {
        events.event(event, nanos, line);
    }

    @Override
    public void outcome(ConntrackMessage request, String outcome, long nanos, StringBuilder line) {
        begin("answer", outcome.equals("interrupted") ? "done" : outcome, nanos, line);
        json.string("request", key(request));
        if (outcome.equals("interrupted")) {
            json.bool("interrupted", true);
        }
        json.end();
    }

    private void begin(String what, String name, long nanos, StringBuilder line) {
        boolean sent = what.equals("request");
        json.begin(line, "conntrack_" + what, nanos, sent ? TimeSource.SENT : TimeSource.RECEIVED);
        json.string(what, name);
    }

    /** A message's name: the kernel's, in lower case and without prefix. */
    private static String key(ConntrackMessage message) {
        return message.name().toLowerCase(Locale.ROOT);
    }
}
