// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.NetlinkException;
import dev.nfkit.Refusal;
import dev.nfkit.conntrack.ConntrackEntry;
import dev.nfkit.conntrack.ConntrackUpdate;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.conntrack.table.NewConnection;
import dev.nfkit.samples.cli.conntrack.arguments.EntryRequests;
import dev.nfkit.samples.cli.conntrack.arguments.EntrySelection;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import java.io.IOException;
import java.util.Optional;

/** Changes the connection table: {@code -I}, {@code -A}, {@code -U}, {@code -D} and {@code -F}. */
final class ConntrackChanging {
    private final Conntrack table;
    private final ConntrackOutput output;

    ConntrackChanging(Conntrack table, ConntrackOutput output) {
        this.table = table;
        this.output = output;
    }

    private interface Change {
        /** Changes an entry and prints it. Returns whether there was something to change. */
        boolean make(ConntrackEntry entry) throws IOException;
    }

    /** Creates an entry and returns the exit code. */
    int create(NewConnection connection) throws NetlinkException, WriteFailure {
        table.create(connection);
        output.summary(1, "flow entries have been created");
        return 0;
    }

    /** Creates an entry, or updates the existing one. Returns the exit code. */
    int add(NewConnection connection) throws NetlinkException, WriteFailure {
        table.createOrUpdate(connection);
        output.summary(1, "flow entries have been added");
        return 0;
    }

    /**
     * Changes the selected entries that differ from the new values, and prints them as changed. Returns the exit code.
     */
    int update(EntrySelection selection, EntryRequests.EntryChange change) throws IOException {
        return each(selection, "flow entries have been updated", entry -> {
            ConntrackUpdate update = of(change, entry);
            if (!update.changes(entry) || !changed(entry, update)) {
                return false;
            }
            Optional<ConntrackEntry> now = table.get(entry.original(), entry.zone());
            if (now.isPresent()) {
                output.entry(now.get());
            }
            return now.isPresent();
        });
    }

    /** Removes the selected entries and prints them. Returns the exit code. */
    int delete(EntrySelection selection) throws IOException {
        return each(selection, "flow entries have been deleted", entry -> {
            boolean deleted = table.delete(entry);
            if (deleted) {
                output.deleted(entry);
            }
            return deleted;
        });
    }

    private static ConntrackUpdate of(EntryRequests.EntryChange change, ConntrackEntry entry) throws IOException {
        try {
            return change.of(entry);
        } catch (Failure e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Changes an entry; false if it is gone meanwhile. */
    private boolean changed(ConntrackEntry entry, ConntrackUpdate update) throws NetlinkException {
        try {
            table.update(entry.original(), entry.zone(), update);
            return true;
        } catch (KernelRefusedException e) {
            if (e.refusal() == Refusal.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    private int each(EntrySelection selection, String done, Change change) throws IOException {
        long[] count = new long[1];
        try {
            table.<IOException>dump(selection.filter(), entry -> {
                if (selection.matches(entry) && change.make(entry)) {
                    count[0]++;
                }
            });
            output.end(false);
        } finally {
            output.summary(count[0], done);
        }
        return count[0] == 0 ? Failure.RUNNING : 0;
    }

    /** Removes all entries and returns the exit code. */
    int flush(AddressFamily family) throws NetlinkException {
        table.flush(family);
        Messages.print("nfkit conntrack: connection tracking table has been emptied.");
        return 0;
    }
}
