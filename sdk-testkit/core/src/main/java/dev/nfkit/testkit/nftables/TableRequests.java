// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.ruleset.ObjectState;
import dev.nfkit.testkit.ruleset.SetState;
import dev.nfkit.testkit.ruleset.TableKey;
import dev.nfkit.testkit.ruleset.TableState;
import org.jspecify.annotations.Nullable;

/** Requests that change tables. */
final class TableRequests {
    /** {@code NLM_F_NONREC}. */
    static final int NOT_RECURSIVE = 0x100;

    private static final long KNOWN = TableState.DORMANT | TableState.OWNER | TableState.PERSIST;

    private TableRequests() {}

    static void create(Change change, Notices notices) throws Refused {
        Attributes attributes = change.attributes();
        TableState table = change.tableOrNull(Nfta.TABLE_NAME);
        long flags = attributes.number(Nfta.TABLE_FLAGS, 0);
        if (table != null) {
            change.exists(Nfta.TABLE_NAME);
            if (!update(change, table, attributes.has(Nfta.TABLE_FLAGS), flags)) {
                return;
            }
        } else {
            change.creates();
            if ((flags & ~KNOWN) != 0) {
                throw new Refused(Errno.EOPNOTSUPP);
            }
            long owner = (flags & TableState.OWNER) == 0 ? 0 : change.request().portId();
            table = new TableState(
                    new TableKey(change.request().family(), attributes.text(Nfta.TABLE_NAME)),
                    change.ruleset().nextTable(),
                    flags,
                    owner,
                    attributes.bytes(Nfta.TABLE_USERDATA));
            change.ruleset().add(table);
        }
        TableState changed = table;
        notices.add(change.request(), MessageTypes.NEWTABLE, table.family(), writer -> Contents.table(writer, changed));
    }

    /** Changes a table that exists. Returns whether anything changes. */
    private static boolean update(Change change, TableState table, boolean sent, long flags) throws Refused {
        boolean orphan = table.owner() == 0 && (table.flags() & TableState.OWNER) != 0;
        if (sent && orphan && flags == table.flags()) {
            change.ruleset().adopt(table, change.request().portId());
        }
        if (!sent || flags == table.flags()) {
            return sent && orphan;
        }
        long differing = flags ^ table.flags();
        if ((flags & ~KNOWN) != 0 || table.owner() != 0 || (differing & (TableState.OWNER | TableState.PERSIST)) != 0) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
        change.ruleset().flags(table, flags);
        return true;
    }

    static void remove(Change change, Notices notices, boolean permitMissing) throws Refused {
        Attributes attributes = change.attributes();
        boolean byHandle = attributes.has(Nfta.TABLE_HANDLE);
        int family = change.request().family();
        if (family == 0 || (!byHandle && !attributes.has(Nfta.TABLE_NAME))) {
            for (TableState table : change.ruleset().all()) {
                boolean meant = family == 0 || table.family() == family;
                boolean its =
                        table.owner() == 0 || table.owner() == change.request().portId();
                boolean named = !attributes.has(Nfta.TABLE_NAME)
                        || attributes.text(Nfta.TABLE_NAME).equals(table.key().name());
                if (meant && its && named) {
                    remove(change, notices, table);
                }
            }
            return;
        }
        int attribute = byHandle ? Nfta.TABLE_HANDLE : Nfta.TABLE_NAME;
        TableState table = byHandle
                ? change.owned(byHandle(change, attributes.number(attribute, 0)), attribute)
                : change.tableOrNull(attribute);
        if (table == null) {
            if (permitMissing) {
                return;
            }
            throw attributes.refuse(Errno.ENOENT, attribute);
        }
        if (change.on(NOT_RECURSIVE) && table.uses() > 0) {
            throw attributes.refuse(Errno.EBUSY, attribute);
        }
        remove(change, notices, table);
    }

    private static @Nullable TableState byHandle(Change change, long handle) {
        for (TableState table : change.ruleset().all()) {
            if (table.handle() == handle && table.family() == change.request().family()) {
                return table;
            }
        }
        return null;
    }

    /** Removes a table with all it contains ({@code nft_flush_table}). */
    private static void remove(Change change, Notices notices, TableState table) {
        for (ChainState chain : table.allChains()) {
            RuleRequests.flush(change, notices, chain);
        }
        for (SetState set : table.allSets()) {
            SetRequests.remove(change, notices, set);
        }
        for (ObjectState object : table.allObjects()) {
            ObjectRequests.remove(change, notices, object);
        }
        for (ChainState chain : table.allChains()) {
            ChainRequests.remove(change, notices, chain);
        }
        change.ruleset().remove(table);
        notices.add(change.request(), MessageTypes.DELTABLE, table.family(), writer -> Contents.removed(writer, table));
    }
}
