// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.statement.ConnectionLimit;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.statement.LastUse;
import dev.nfkit.nftables.statement.Limit;
import dev.nfkit.nftables.statement.Quota;
import dev.nfkit.nftables.statement.Statement;
import java.util.Locale;

/** Prints statements that keep a state, as nft does. */
public final class StatefulPrinter {
    private static final long PACKETS = 5;
    private static final long UNIT = 1024;

    private StatefulPrinter() {}

    /**
     * Prints a statement.
     *
     * @param statement a counter, limit, quota, limit of connections or time of last use
     * @return its text
     */
    public static String print(Statement statement) {
        if (statement instanceof Counter counter) {
            return "counter packets " + counter.packets() + " bytes " + counter.bytes();
        } else if (statement instanceof Limit limit) {
            return limit(limit);
        } else if (statement instanceof Quota quota) {
            String used = quota.used() == 0 ? "" : " used " + size(quota.used());
            return "quota " + (quota.over() ? "over " : "") + size(quota.bytes()) + used;
        } else if (statement instanceof ConnectionLimit limit) {
            return "ct count " + (limit.over() ? "over " : "") + limit.count();
        } else if (statement instanceof LastUse last) {
            return "last used " + last.used().map(TimeSpan::print).orElse("never");
        }
        throw new IllegalArgumentException("keeps no state: " + statement);
    }

    /**
     * Prints a statement without what it counted, as in {@code add @s} and {@code meter}.
     *
     * @param statement as for {@link #print}
     * @return its text
     */
    public static String fresh(Statement statement) {
        if (statement instanceof Counter) {
            return "counter";
        } else if (statement instanceof LastUse) {
            return "last";
        }
        return print(statement instanceof Quota quota ? new Quota(quota.bytes(), 0, quota.over()) : statement);
    }

    private static String limit(Limit limit) {
        String rate = limit.bytes() ? size(limit.rate()) : Long.toString(limit.rate());
        String burst = limit.bytes()
                ? limit.burst() == 0 ? "" : " burst " + size(limit.burst())
                : limit.burst() == 0 || limit.burst() == PACKETS ? "" : " burst " + limit.burst() + " packets";
        return "limit rate " + (limit.over() ? "over " : "") + rate + "/"
                + limit.unit().name().toLowerCase(Locale.ROOT) + burst;
    }

    private static String size(long bytes) {
        if (bytes == 0 || bytes % UNIT != 0) {
            return bytes + " bytes";
        }
        long kilobytes = bytes / UNIT;
        return kilobytes % UNIT == 0 ? kilobytes / UNIT + " mbytes" : kilobytes + " kbytes";
    }
}
