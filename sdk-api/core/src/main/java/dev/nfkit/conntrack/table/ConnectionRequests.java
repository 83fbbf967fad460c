// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack.table;

import dev.nfkit.AddressFamily;
import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackStatus;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.conntrack.codec.Cta;
import dev.nfkit.conntrack.codec.MessageTypes;
import dev.nfkit.conntrack.codec.Ranges;
import dev.nfkit.session.TableRequests;
import dev.nfkit.wire.MessageWriter;
import dev.nfkit.wire.Netlink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Requests about single connections. */
final class ConnectionRequests {
    private final TableRequests requests;

    ConnectionRequests(TableRequests requests) {
        this.requests = requests;
    }

    /** Finds a connection by one of its tuples. */
    Optional<ConntrackEntry> get(ConntrackTuple tuple, int zone) throws NetlinkException {
        return get("get connection ", MessageTypes.CT_GET, tuple, zone);
    }

    /** As {@link #get}, and sets the counters to 0. */
    Optional<ConntrackEntry> getAndResetCounters(ConntrackTuple tuple, int zone) throws NetlinkException {
        return get("get and reset connection ", MessageTypes.CT_GET_CTRZERO, tuple, zone);
    }

    private Optional<ConntrackEntry> get(String what, int type, ConntrackTuple tuple, int zone)
            throws NetlinkException {
        int inZone = Ranges.zone(zone);
        List<ConntrackEntry> found = new ArrayList<>(1);
        requests.askIfThere(
                what + tuple,
                type,
                writer -> tuple(writer.nfgenmsg(tuple.family().number(), 0), tuple, inZone),
                message -> found.add(ConntrackEntry.read(message)));
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
    }

    /** Adds a connection. */
    void create(NewConnection connection) throws NetlinkException {
        create("create connection ", Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL, connection);
    }

    /** Adds a connection, or changes the one that has its original tuple. */
    void createOrUpdate(NewConnection connection) throws NetlinkException {
        keepingStatus(
                connection.original(),
                connection.zone(),
                connection.status(),
                status -> create(
                        "create or update connection ",
                        Netlink.NLM_F_CREATE,
                        status.isPresent() ? connection.withStatus(status.getAsLong()) : connection));
    }

    private void create(String what, int flags, NewConnection connection) throws NetlinkException {
        requests.send(
                what + connection.original(),
                MessageTypes.CT_NEW,
                flags,
                writer -> connection.writeTo(
                        writer.nfgenmsg(connection.original().family().number(), 0)));
    }

    /** Changes a connection. */
    void update(ConntrackTuple tuple, int zone, ConntrackUpdate update) throws NetlinkException {
        int inZone = Ranges.zone(zone);
        update.protocol().ifPresent(change -> {
            if (!tuple.hasProtocol() || change.protocol() != tuple.protocol()) {
                throw new IllegalArgumentException(
                        change + " cannot be set for " + tuple + ", which is of another protocol");
            }
        });
        keepingStatus(
                tuple,
                inZone,
                update.status(),
                status -> send(tuple, inZone, status.isPresent() ? update.status(status.getAsLong()) : update));
    }

    private void send(ConntrackTuple tuple, int zone, ConntrackUpdate update) throws NetlinkException {
        requests.send("update connection " + tuple + " (" + update + ")", MessageTypes.CT_NEW, 0, writer -> {
            tuple(writer.nfgenmsg(tuple.family().number(), 0), tuple, zone);
            confirmed(update).writeTo(writer);
        });
    }

    /** A request that sets status bits. */
    private interface StatusRequest {
        void send(OptionalLong status) throws NetlinkException;
    }

    /**
     * Sends a request with the status bits of the entry in addition to the wanted ones, because the kernel refuses
     * (EBUSY) to clear bits. If a packet sets a bit between reading and sending, both are repeated.
     */
    private void keepingStatus(ConntrackTuple tuple, int zone, OptionalLong wanted, StatusRequest request)
            throws NetlinkException {
        if (wanted.isEmpty()) {
            request.send(wanted);
            return;
        }
        long sent = wanted.getAsLong() | presentStatus(tuple, zone);
        while (true) {
            try {
                request.send(OptionalLong.of(sent));
                return;
            } catch (KernelRefusedException e) {
                // Each repetition has one more bit, so there are few.
                long present = e.errno().equals(Errno.EBUSY) ? presentStatus(tuple, zone) : 0;
                if ((present & ~sent) == 0) {
                    throw e;
                }
                sent |= present;
            }
        }
    }

    private long presentStatus(ConntrackTuple tuple, int zone) throws NetlinkException {
        return get(tuple, zone)
                .filter(entry -> entry.has(ConntrackAttribute.STATUS))
                .map(ConntrackEntry::status)
                .orElse(0L);
    }

    /** Removes a connection; with an id only this one, and not a later one of the same tuples. */
    boolean delete(ConntrackTuple tuple, int zone, OptionalLong id) throws NetlinkException {
        int inZone = Ranges.zone(zone);
        return requests.sendIfThere("delete connection " + tuple, MessageTypes.CT_DELETE, writer -> {
            tuple(writer.nfgenmsg(tuple.family().number(), 0), tuple, inZone);
            id.ifPresent(known -> writer.be32(Cta.ID, known));
        });
    }

    /** Removes all connections of a family. */
    void flush(AddressFamily family) throws NetlinkException {
        int number = Ranges.family(family).number();
        requests.send(
                "flush connections",
                MessageTypes.CT_DELETE,
                0,
                // The kernel evaluates the family only with version 1 (ctnetlink_del_conntrack).
                writer -> writer.nfgenmsg(number, number == 0 ? 0 : 1, 0));
    }

    /** Writes a tuple, as the original one, and its zone, which identify a connection. */
    static void tuple(MessageWriter writer, ConntrackTuple tuple, int zone) {
        tuple.writeTo(writer, Cta.TUPLE_ORIG);
        if (zone != 0) {
            writer.be16(Cta.ZONE, zone);
        }
    }

    /** The same change for a connection in the table, whose {@code IPS_CONFIRMED} is set and must stay so. */
    static ConntrackUpdate confirmed(ConntrackUpdate update) {
        OptionalLong status = update.status();
        return status.isEmpty() ? update : update.status(status.getAsLong() | ConntrackStatus.CONFIRMED.bit());
    }
}
