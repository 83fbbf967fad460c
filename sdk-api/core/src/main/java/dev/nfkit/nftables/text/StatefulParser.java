// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.ConnectionLimit;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.statement.LastUse;
import dev.nfkit.nftables.statement.Limit;
import dev.nfkit.nftables.statement.Quota;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads statements that keep a state, in rules and in elements of sets: counter, limit, quota, ct count, last. */
public final class StatefulParser {
    /** nft's burst of a limit that does not name one. */
    private static final long PACKETS = 5;

    private static final long LARGEST_BURST = 0xffff_ffffL;

    private final TokenStream in;

    /**
     * A parser.
     *
     * @param in the tokens
     */
    public StatefulParser(TokenStream in) {
        this.in = in;
    }

    /**
     * Reads all that follow each other.
     *
     * @return the statements, perhaps none
     */
    public List<Stateful> all() {
        List<Stateful> found = new ArrayList<>();
        for (Optional<Stateful> each = next(); each.isPresent(); each = next()) {
            found.add(each.get());
        }
        return found;
    }

    /**
     * Reads one.
     *
     * @return the statement, or empty if something else is next
     */
    public Optional<Stateful> next() {
        if (in.accept("counter")) {
            return Optional.of(counter());
        } else if (in.accept("limit")) {
            in.expect("rate");
            return Optional.of(limit());
        } else if (in.accept("quota")) {
            return Optional.of(quota());
        } else if (in.accept("ct", "count")) {
            boolean over = in.accept("over");
            return Optional.of(new ConnectionLimit(in.number("a number of connections", 0, 0xffff_ffffL), over));
        } else if (in.accept("last")) {
            return Optional.of(last());
        }
        return Optional.empty();
    }

    /**
     * Reads the numbers of a counter, whose keyword was read.
     *
     * @return the counter; zero if there are none
     */
    public Counter counter() {
        if (!in.accept("packets")) {
            return Counter.ZERO;
        }
        long packets = in.number("a number of packets", 0, Long.MAX_VALUE);
        in.expect("bytes");
        return new Counter(packets, in.number("a number of bytes", 0, Long.MAX_VALUE));
    }

    /**
     * Reads a limit, whose keywords {@code limit rate} were read.
     *
     * @return the limit
     */
    public Limit limit() {
        boolean over = in.accept("over");
        Token place = in.peek();
        long rate = in.number("a rate", 1, Long.MAX_VALUE);
        boolean bytes = !in.at("/");
        long scaled = bytes ? scale(place, rate, unit()) : rate;
        in.expect("/");
        Limit.Unit unit = time();
        if (!in.accept("burst")) {
            return new Limit(scaled, unit, bytes ? 0 : PACKETS, bytes, over);
        }
        Token number = in.peek();
        long burst = in.number("a burst", bytes ? 0 : 1, LARGEST_BURST);
        if (!bytes) {
            in.expect("packets");
            return new Limit(scaled, unit, burst, false, over);
        }
        long size = scale(number, burst, unit());
        return in.checked(number, () -> new Limit(scaled, unit, size, true, over));
    }

    private Limit.Unit time() {
        String word = in.peek().text();
        for (Limit.Unit unit : Limit.Unit.values()) {
            if (unit.name().toLowerCase(Locale.ROOT).equals(word)) {
                in.next();
                return unit;
            }
        }
        throw in.expected("second, minute, hour, day or week");
    }

    /**
     * Reads a quota, whose keyword was read.
     *
     * @return the quota
     */
    public Quota quota() {
        boolean over = in.accept("over");
        if (!over) {
            in.accept("until");
        }
        long bytes = size("a quota");
        long used = in.accept("used") ? size("the used bytes") : 0;
        return new Quota(bytes, used, over);
    }

    private long size(String what) {
        Token place = in.peek();
        return scale(place, in.number(what, 0, Long.MAX_VALUE), unit());
    }

    private long unit() {
        in.split(0, '/');
        String word = in.peek().text();
        long factor = switch (word) {
            case "bytes" -> 1;
            case "kbytes" -> 1L << 10;
            case "mbytes" -> 1L << 20;
            default -> throw in.expected("bytes, kbytes or mbytes");
        };
        in.next();
        return factor;
    }

    private long scale(Token place, long number, long factor) {
        try {
            return Math.multiplyExact(number, factor);
        } catch (ArithmeticException e) {
            throw in.refused(place, "the number of bytes is greater than " + Long.MAX_VALUE);
        }
    }

    private LastUse last() {
        if (!in.accept("used") || in.accept("never")) {
            return new LastUse(Optional.empty());
        }
        Duration used = TimeSpan.parse(in, "the time since the last packet");
        return new LastUse(Optional.of(used));
    }
}
