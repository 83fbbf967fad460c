package dev.nfkit.nftables;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.expression.SetElement;
import java.util.ArrayList;
import java.util.List;

/** Reads a table with all that it contains. */
final class TableReader {
    private final Listing listing;

    TableReader(Listing listing) {
        this.listing = listing;
    }

    TableContents read(Table table) throws NetlinkException {
        TableId id = table.table();
        List<NftSet> sets = new ArrayList<>();
        List<SetElements> elements = new ArrayList<>();
        for (NftSet set : listing.sets(id)) {
            if (!set.anonymous()) {
                sets.add(set);
                List<SetElement> found = new ArrayList<>();
                listing.<RuntimeException>elements(set, found::add);
                if (!found.isEmpty()) {
                    elements.add(SetElements.of(set, found));
                }
            }
        }
        List<Rule> listed = new ArrayList<>();
        listing.<RuntimeException>rules(id, listed::add);
        RuleReader reader = listing.ruleReader(id);
        List<Rule> rules = new ArrayList<>(listed.size());
        for (Rule rule : listed) {
            rules.add(reader.read(rule));
        }
        return new TableContents(
                table, listing.objects(id), sets, elements, listing.flowTables(id), listing.chains(id), rules);
    }
}
