package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.samples.cli.output.AttributeJson;
import dev.nfkit.samples.cli.output.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * Writes connections, expectations and events as JSON objects: the attributes by their schema, preceded by the kind of
 * object.
 */
public final class ConntrackJson implements ConntrackPrinter {
    private final JsonObject json = new JsonObject();
    private final AttributeJson attributes = new AttributeJson(json);
    private final @Nullable EventOrigin origin;

    public ConntrackJson() {
        this(null);
    }

    /** Creates a printer of events as they happen, with the process that caused each; null to omit the process. */
    public ConntrackJson(@Nullable EventOrigin origin) {
        this.origin = origin;
    }

    @Override
    public void entry(ConntrackEntry entry, long nanos, StringBuilder line) {
        begin(null, nanos, line);
        members(entry);
        json.end();
    }

    @Override
    public void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line) {
        begin(null, nanos, line);
        members(expectation);
        json.end();
    }

    @Override
    public void event(ConntrackEvent event, long nanos, StringBuilder line) {
        begin(name(event), nanos, line);
        long port = EventOrigin.port(event);
        if (origin != null && port != 0) {
            json.number("port_id", port);
            origin.owner(port).ifPresent(process -> json.string("progname", process.name()));
        }
        if (event instanceof ConntrackEvent.OfConnection connection) {
            members(connection.entry());
        } else if (event instanceof ConntrackEvent.OfExpectation expected) {
            members(expected.expectation());
        } else if (event instanceof ConntrackEvent.Overrun overrun) {
            json.number("lost", overrun.lost());
        }
        json.end();
    }

    private static String name(ConntrackEvent event) {
        if (event instanceof ConntrackEvent.New) {
            return "new";
        } else if (event instanceof ConntrackEvent.Updated) {
            return "update";
        } else if (event instanceof ConntrackEvent.Destroyed) {
            return "destroy";
        } else if (event instanceof ConntrackEvent.ExpectationNew) {
            return "expectation_new";
        } else if (event instanceof ConntrackEvent.ExpectationUpdated) {
            return "expectation_update";
        }
        return event instanceof ConntrackEvent.Overrun ? "overrun" : "expectation_destroy";
    }

    private void begin(@Nullable String event, long nanos, StringBuilder line) {
        json.begin(line);
        if (event != null) {
            json.string("event", event);
        }
        if (nanos != NO_TIME) {
            json.seconds("time", Math.floorDiv(nanos, 1000));
        }
    }

    private void members(ConntrackEntry entry) {
        json.number("family", entry.family().number());
        attributes.membersOrHex(entry.attributes(), entry.order(), ConntrackAttribute.SCHEMA);
    }

    private void members(ConntrackExpectation expectation) {
        json.number("family", expectation.family().number());
        attributes.membersOrHex(expectation.attributes(), expectation.order(), ExpectationAttribute.SCHEMA);
    }
}
