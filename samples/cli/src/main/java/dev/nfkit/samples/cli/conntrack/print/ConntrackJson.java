// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.process.ProcessResolver;
import dev.nfkit.samples.cli.output.AttributeJson;
import dev.nfkit.samples.cli.output.JsonNames;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.ProcessOutput;
import dev.nfkit.samples.cli.output.TimeSource;
import dev.nfkit.samples.cli.output.WallClock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes connections, expectations and events as JSON objects: the attributes by their schema, preceded by the kind of
 * object.
 */
public final class ConntrackJson implements ConntrackPrinter {
    private static final String EVENT = "conntrack_event";

    private final JsonObject json = new JsonObject();
    private final AttributeJson attributes = new AttributeJson(json);
    private final @Nullable EventOrigin origin;
    private final LongSupplier clock;
    private final @Nullable ProcessResolver processes;

    public ConntrackJson() {
        this((EventOrigin) null);
    }

    /** Creates a printer of events as they happen, with the process that caused each; null to omit the process. */
    public ConntrackJson(@Nullable EventOrigin origin) {
        this(origin, (ProcessResolver) null);
    }

    /**
     * Creates a printer of events as they happen, or of entries, with the processes of connections.
     *
     * @param origin finds the process that caused an event, or null to omit it
     * @param processes finds the process of a connection, or null to omit it
     */
    public ConntrackJson(@Nullable EventOrigin origin, @Nullable ProcessResolver processes) {
        this(origin, processes, WallClock::nanos);
    }

    /**
     * Creates a printer.
     *
     * @param origin finds the process that caused an event, or null to omit it
     * @param clock the present time in nanoseconds since 1970, for objects whose time is not given
     */
    ConntrackJson(@Nullable EventOrigin origin, LongSupplier clock) {
        this(origin, null, clock);
    }

    private ConntrackJson(@Nullable EventOrigin origin, @Nullable ProcessResolver processes, LongSupplier clock) {
        this.origin = origin;
        this.processes = processes;
        this.clock = clock;
    }

    @Override
    public void entry(ConntrackEntry entry, long nanos, StringBuilder line) {
        begin("connection", nanos, line);
        members(entry);
        json.end();
    }

    @Override
    public void expectation(ConntrackExpectation expectation, long nanos, StringBuilder line) {
        begin("expectation", nanos, line);
        members(expectation);
        json.end();
    }

    @Override
    public void event(ConntrackEvent event, long nanos, StringBuilder line) {
        long kernel = event instanceof ConntrackEvent.OfConnection of ? kernelTime(event, of.entry()) : NO_TIME;
        if (kernel == NO_TIME) {
            begin(EVENT, nanos, line);
        } else {
            json.begin(line, EVENT, kernel, TimeSource.KERNEL);
        }
        json.string("event", name(event));
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

    private void begin(String kind, long nanos, StringBuilder line) {
        json.begin(line, kind, nanos == NO_TIME ? clock.getAsLong() : nanos, TimeSource.RECEIVED);
    }

    /** The kernel's time of an event: its own, or that of the connection's beginning or end. */
    private static long kernelTime(ConntrackEvent event, ConntrackEntry entry) {
        if (entry.has(ConntrackAttribute.TIMESTAMP_EVENT)) {
            return entry.eventNanos();
        } else if (event instanceof ConntrackEvent.New && entry.hasStart()) {
            return entry.startNanos();
        }
        return event instanceof ConntrackEvent.Destroyed && entry.hasStop() ? entry.stopNanos() : NO_TIME;
    }

    private void members(ConntrackEntry entry) {
        JsonNames.family(json, entry.family().number());
        attributes.membersOrHex(entry.attributes(), entry.order(), ConntrackAttribute.SCHEMA);
        if (processes != null) {
            ProcessOutput.member(EntryProcess.of(entry, processes), json);
        }
    }

    private void members(ConntrackExpectation expectation) {
        JsonNames.family(json, expectation.family().number());
        attributes.membersOrHex(expectation.attributes(), expectation.order(), ExpectationAttribute.SCHEMA);
    }
}
