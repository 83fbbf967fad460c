// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.NetlinkException;
import dev.nfkit.SystemCallException;
import dev.nfkit.nftables.codec.ElementCodec;
import dev.nfkit.nftables.expression.SetElement;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Reads a table with all that it contains. */
final class TableReader {
    /** The listings of a set whose hash table the kernel rearranges, which takes it some milliseconds. */
    private static final int ATTEMPTS = 100;

    private static final long PAUSE_NANOS = 5_000_000;

    private final Listing listing;

    TableReader(Listing listing) {
        this.listing = listing;
    }

    TableContents read(Table table) throws NetlinkException {
        TableId id = table.table();
        List<NftSet> sets = new ArrayList<>();
        List<SetElements> elements = new ArrayList<>();
        List<NftSet> all = listing.sets(id);
        for (NftSet set : all) {
            if (!set.anonymous()) {
                sets.add(set);
                List<SetElement> found = elements(set);
                if (!found.isEmpty()) {
                    elements.add(SetElements.of(set, found));
                }
            }
        }
        List<Rule> listed = new ArrayList<>();
        listing.<RuntimeException>rules(id, listed::add);
        RuleReader reader = listing.ruleReader(id, all);
        List<Rule> rules = new ArrayList<>(listed.size());
        for (Rule rule : listed) {
            rules.add(reader.read(rule));
        }
        return new TableContents(
                table, listing.objects(id), sets, elements, listing.flowTables(id), listing.chains(id), rules);
    }

    /**
     * The elements of a set. Each part of a listing begins where the one before ended, by number. If the kernel rearranges the
     * hash table in between, elements that were not listed take the places of others, which are listed again: a listing
     * without an element twice has all.
     */
    private List<SetElement> elements(NftSet set) throws NetlinkException {
        for (int attempt = 1; ; attempt++) {
            List<SetElement> found = new ArrayList<>();
            listing.<RuntimeException>elements(set, found::add);
            if (set.flags().contains(SetFlag.INTERVAL) || !hasTwice(set, found)) {
                return found;
            }
            if (attempt == ATTEMPTS) {
                throw new SystemCallException(
                        "list elements of " + set,
                        Errno.EBUSY,
                        "the kernel rearranged the set during each of " + ATTEMPTS + " listings; give the set a size");
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private static boolean hasTwice(NftSet set, List<SetElement> elements) {
        ElementCodec codec = set.elements(ByteOrder.nativeOrder());
        Set<ByteBuffer> keys = new HashSet<>(elements.size() * 2);
        for (SetElement element : elements) {
            if (!keys.add(codec.key(element))) {
                return true;
            }
        }
        return false;
    }
}
