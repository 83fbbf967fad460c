// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.expression.ConnectionKey;
import dev.nfkit.nftables.expression.ConnectionSelector;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Fib;
import dev.nfkit.nftables.expression.Hash;
import dev.nfkit.nftables.expression.Ipsec;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.NumberGenerator;
import dev.nfkit.nftables.expression.OsFingerprint;
import dev.nfkit.nftables.expression.Route;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SocketSelector;
import dev.nfkit.nftables.expression.SymmetricHash;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/** Reads selectors: what a rule reads from the packet, its connection or its route. */
final class SelectorParser {
    private static final long LARGEST = 0xffff_ffffL;

    private final TokenStream in;
    private final AddressFamily family;
    private final HeaderParser headers;
    private final Supplier<Expression> hashed;

    /**
     * A parser.
     *
     * @param scope the tokens and what they depend on
     * @param hashed reads the expression that a hash is made of
     */
    SelectorParser(Scope scope, Supplier<Expression> hashed) {
        this.in = scope.in();
        this.family = scope.family();
        this.headers = new HeaderParser(scope.in());
        this.hashed = hashed;
    }

    Selector selector() {
        Token place = in.peek();
        String name = place.text();
        return in.checked(place, () -> switch (name) {
            case "meta" -> meta();
            case "ct" -> connection();
            case "fib" -> fib();
            case "rt" -> atRoute() ? route() : headers.header();
            case "socket" -> socket();
            case "osf" -> fingerprint();
            case "numgen" -> generator();
            case "jhash" -> hash();
            case "symhash" -> symmetric();
            case "ipsec" -> ipsec();
            default -> SelectorNames.unqualified(name).map(this::taken).orElseGet(headers::header);
        });
    }

    private Selector taken(Meta key) {
        in.next();
        return key;
    }

    private Meta meta() {
        in.next();
        Optional<Meta> key = SelectorNames.meta(in.peek().text());
        if (key.isEmpty() || in.peek().kind() != Token.Kind.WORD) {
            throw in.expected("a key of meta, such as mark or l4proto");
        }
        in.next();
        return key.get();
    }

    private ConnectionSelector connection() {
        in.next();
        Optional<ConnectionSelector.Direction> direction = in.accept("original")
                ? Optional.of(ConnectionSelector.Direction.ORIGINAL)
                : in.accept("reply") ? Optional.of(ConnectionSelector.Direction.REPLY) : Optional.empty();
        String first = in.peek().text();
        String whole = in.atAny("ip", "ip6")
                ? first + " " + in.peek(1).text()
                : in.atAny("saddr", "daddr") ? version() + " " + first : first;
        Optional<ConnectionKey> key = SelectorNames.connection(whole);
        if (key.isEmpty() || in.peek().kind() != Token.Kind.WORD) {
            throw in.expected("a key of ct, such as state or mark");
        }
        if (in.atAny("ip", "ip6")) {
            in.next();
        }
        in.next();
        boolean both = key.get() == ConnectionKey.L3PROTO || key.get() == ConnectionKey.PROTOCOL;
        return new ConnectionSelector(key.get(), both ? Optional.empty() : direction);
    }

    /** The IP version of addresses that are written without one. */
    private String version() {
        if (family == AddressFamily.IPV4) {
            return "ip";
        } else if (family == AddressFamily.IPV6) {
            return "ip6";
        }
        throw in.expected("ip or ip6, because tables of this family have both");
    }

    private Fib fib() {
        in.next();
        Set<Fib.Key> keys = EnumSet.noneOf(Fib.Key.class);
        do {
            keys.add(fibKey());
        } while (in.accept("."));
        for (Fib.Result result : Fib.Result.values()) {
            if (in.accept(result.text())) {
                return new Fib(keys, result);
            }
        }
        throw in.expected("\".\", oif, oifname or type");
    }

    private Fib.Key fibKey() {
        for (Fib.Key key : Fib.Key.values()) {
            if (in.accept(key.text())) {
                return key;
            }
        }
        throw in.expected("saddr, daddr, mark, iif or oif");
    }

    private boolean atRoute() {
        return Set.of("classid", "nexthop", "mtu", "ipsec", "ip", "ip6")
                .contains(in.peek(1).text());
    }

    private Route route() {
        in.next();
        String name = in.at("nexthop")
                ? version() + " "
                : in.atAny("ip", "ip6") ? in.next().text() + " " : "";
        String whole = name + in.peek().text();
        for (Route route : Route.values()) {
            if (route.text().equals(whole)) {
                in.next();
                return route;
            }
        }
        throw in.expected("classid, nexthop, mtu or ipsec");
    }

    private SocketSelector socket() {
        in.next();
        for (SocketSelector.Key key : SocketSelector.Key.values()) {
            if (in.accept(key.name().toLowerCase(Locale.ROOT))) {
                if (key != SocketSelector.Key.CGROUPV2) {
                    return new SocketSelector(key, 0);
                }
                in.expect("level");
                return new SocketSelector(key, (int) in.number("a level", 0, 255));
            }
        }
        throw in.expected("transparent, mark, wildcard or cgroupv2");
    }

    private OsFingerprint fingerprint() {
        in.next();
        OsFingerprint.Ttl ttl = OsFingerprint.Ttl.STRICT;
        if (in.accept("ttl")) {
            ttl = in.accept("loose") ? OsFingerprint.Ttl.LOOSE : OsFingerprint.Ttl.SKIP;
            if (ttl == OsFingerprint.Ttl.SKIP) {
                in.expect("skip");
            }
        }
        boolean version = in.accept("version");
        if (!version) {
            in.expect("name");
        }
        return new OsFingerprint(ttl, version);
    }

    private NumberGenerator generator() {
        in.next();
        boolean random = in.accept("random");
        if (!random && !in.accept("inc")) {
            throw in.expected("inc or random");
        }
        long modulus = modulus();
        NumberGenerator.Mode mode = random ? NumberGenerator.Mode.RANDOM : NumberGenerator.Mode.INCREMENTAL;
        return new NumberGenerator(mode, modulus, offset());
    }

    private Hash hash() {
        in.next();
        Expression of = in.nested(hashed);
        long modulus = modulus();
        OptionalLong seed = in.accept("seed") ? OptionalLong.of(in.number("a seed", 0, LARGEST)) : OptionalLong.empty();
        return new Hash(of, modulus, seed, offset());
    }

    private SymmetricHash symmetric() {
        in.next();
        long modulus = modulus();
        return new SymmetricHash(modulus, offset());
    }

    private long modulus() {
        in.expect("mod");
        return in.number("a modulus", 1, LARGEST);
    }

    private long offset() {
        return in.accept("offset") ? in.number("an offset", 0, LARGEST) : 0;
    }

    private Ipsec ipsec() {
        in.next();
        boolean outgoing = in.accept("out");
        if (!outgoing) {
            in.expect("in");
        }
        int index = in.accept("spnum") ? (int) in.number("the index of a state", 0, 255) : 0;
        String whole = in.atAny("ip", "ip6")
                ? in.next().text() + " " + in.peek().text()
                : in.peek().text();
        Ipsec.Key key = Arrays.stream(Ipsec.Key.values())
                .filter(each -> each.text().equals(whole))
                .findFirst()
                .orElseThrow(() -> in.expected("reqid, spi, or ip or ip6 with saddr or daddr"));
        in.next();
        return new Ipsec(outgoing, index, key);
    }
}
