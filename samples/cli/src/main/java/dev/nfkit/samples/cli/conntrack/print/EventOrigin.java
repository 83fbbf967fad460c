// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.PrintableText;
import dev.nfkit.conntrack.event.ConntrackEvent;
import dev.nfkit.socket.SocketOwner;
import java.util.Optional;
import java.util.function.LongFunction;

/** Finds the process that caused an event, by the netlink port that the event names. One thread at a time. */
public final class EventOrigin {
    private static final long KEPT_NANOS = 1_000_000_000L;

    private final LongFunction<Optional<SocketOwner>> owners;
    private long port;
    private long found;
    private Optional<SocketOwner> owner = Optional.empty();

    /** Creates an instance that looks up processes with a function and caches the last result for a second. */
    public EventOrigin(LongFunction<Optional<SocketOwner>> owners) {
        this.owners = owners;
    }

    /** The port of the socket whose request caused the event; 0 if none did. */
    public static long port(ConntrackEvent event) {
        return event instanceof ConntrackEvent.OfConnection connection ? connection.portId() : 0;
    }

    /** The process of a port; empty if it has ended or cannot be found. */
    public Optional<SocketOwner> owner(long wanted) {
        long now = System.nanoTime();
        if (wanted != port || now - found > KEPT_NANOS) {
            owner = owners.apply(wanted);
            port = wanted;
            found = now;
        }
        return owner;
    }

    /** Appends {@code  [USERSPACE] portid=4711 progname=conntrack}; nothing for an event without a request. */
    public void append(ConntrackEvent event, StringBuilder line) {
        long from = port(event);
        if (from != 0) {
            line.append(" [USERSPACE] portid=").append(from);
            owner(from).ifPresent(process -> PrintableText.append(line.append(" progname="), process.name()));
        }
    }
}
