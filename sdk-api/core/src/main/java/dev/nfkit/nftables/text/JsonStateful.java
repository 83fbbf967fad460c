// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.statement.ConnectionLimit;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.statement.LastUse;
import dev.nfkit.nftables.statement.Limit;
import dev.nfkit.nftables.statement.Quota;
import dev.nfkit.nftables.statement.Statement;
import java.time.Duration;
import java.util.List;

/** Prints statements that keep a state as JSON, as nft does. */
public final class JsonStateful {
    private static final long UNIT = 1024;

    private JsonStateful() {}

    /** A statement with what it counted. */
    static String print(Statement statement) {
        return Json.object(member(statement).toArray(String[]::new));
    }

    /** The only member of the statement: its name and value. */
    static List<String> member(Statement statement) {
        if (statement instanceof Counter counter) {
            return List.of(
                    "counter",
                    Json.object("packets", Long.toString(counter.packets()), "bytes", Long.toString(counter.bytes())));
        } else if (statement instanceof Limit limit) {
            return List.of("limit", limit(limit));
        } else if (statement instanceof Quota quota) {
            boolean used = quota.used() != 0;
            return List.of(
                    "quota",
                    Json.object(
                            "val",
                            amount(quota.bytes()),
                            "val_unit",
                            unit(quota.bytes()),
                            "inv",
                            quota.over() ? "true" : "",
                            "used",
                            used ? amount(quota.used()) : "",
                            "used_unit",
                            used ? unit(quota.used()) : ""));
        } else if (statement instanceof ConnectionLimit limit) {
            return List.of(
                    "ct count", Json.object("val", Long.toString(limit.count()), "inv", limit.over() ? "true" : ""));
        } else if (statement instanceof LastUse last) {
            return List.of(
                    "last",
                    last.used()
                            .map(Duration::toMillis)
                            .map(used -> Json.object("used", used.toString()))
                            .orElse(Json.NULL));
        }
        throw new IllegalArgumentException("keeps no state: " + statement);
    }

    /**
     * Prints a statement without what it counted, as in {@code add @s} and {@code meter}.
     *
     * @param statement a counter, limit, quota, limit of connections or time of last use
     * @return an object
     */
    public static String fresh(Statement statement) {
        if (statement instanceof Counter) {
            return Json.object("counter", Json.NULL);
        } else if (statement instanceof LastUse) {
            return Json.object("last", Json.NULL);
        }
        return print(statement instanceof Quota quota ? new Quota(quota.bytes(), 0, quota.over()) : statement);
    }

    /**
     * The members of an object with this state.
     *
     * @param statement as for {@link #fresh}
     * @return names and values by turns; empty values stand for none
     */
    public static List<String> members(Statement statement) {
        if (statement instanceof Counter counter) {
            return List.of("packets", Long.toString(counter.packets()), "bytes", Long.toString(counter.bytes()));
        } else if (statement instanceof Quota quota) {
            return List.of(
                    "bytes",
                    Long.toString(quota.bytes()),
                    "used",
                    Long.toString(quota.used()),
                    "inv",
                    Boolean.toString(quota.over()));
        } else if (statement instanceof Limit limit) {
            boolean bytes = limit.bytes();
            return List.of(
                    "rate",
                    bytes ? amount(limit.rate()) : Long.toString(limit.rate()),
                    "per",
                    Json.lower(limit.unit()),
                    "inv",
                    limit.over() ? "true" : "",
                    "rate_unit",
                    bytes ? unit(limit.rate()) : "",
                    "burst",
                    bytes ? amount(limit.burst()) : Long.toString(limit.burst()),
                    "burst_unit",
                    bytes ? unit(limit.burst()) : "");
        }
        return member(statement);
    }

    private static String limit(Limit limit) {
        boolean bytes = limit.bytes();
        return Json.object(
                "rate",
                bytes ? amount(limit.rate()) : Long.toString(limit.rate()),
                "burst",
                bytes ? amount(limit.burst()) : Long.toString(limit.burst()),
                "per",
                Json.lower(limit.unit()),
                "inv",
                limit.over() ? "true" : "",
                "rate_unit",
                bytes ? unit(limit.rate()) : "",
                "burst_unit",
                bytes ? unit(limit.burst()) : "");
    }

    private static String amount(long bytes) {
        return Long.toString(bytes / divisor(bytes));
    }

    static String unit(long bytes) {
        long divisor = divisor(bytes);
        return Json.string(divisor == 1 ? "bytes" : divisor == UNIT ? "kbytes" : "mbytes");
    }

    private static long divisor(long bytes) {
        return bytes == 0 || bytes % UNIT != 0 ? 1 : bytes % (UNIT * UNIT) == 0 ? UNIT * UNIT : UNIT;
    }
}
