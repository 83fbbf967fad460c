// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.ConnectionSelector;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.ExtensionPresence;
import dev.nfkit.nftables.expression.Fib;
import dev.nfkit.nftables.expression.Hash;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.Ipsec;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.NumberGenerator;
import dev.nfkit.nftables.expression.OsFingerprint;
import dev.nfkit.nftables.expression.RawPayload;
import dev.nfkit.nftables.expression.RawTcpOption;
import dev.nfkit.nftables.expression.RawTcpOptionPresence;
import dev.nfkit.nftables.expression.Route;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SocketSelector;
import dev.nfkit.nftables.expression.SymmetricHash;
import java.util.function.Function;

/** Prints selectors as JSON, as nft does. */
final class JsonSelectors {
    private final Function<Expression, String> hashed;

    /**
     * A printer.
     *
     * @param hashed prints the expression that a hash is made of
     */
    JsonSelectors(Function<Expression, String> hashed) {
        this.hashed = hashed;
    }

    String selector(Selector selector) {
        if (selector instanceof HeaderField field) {
            return Json.object(
                    "payload",
                    Json.object("protocol", Json.string(field.protocol().text()), "field", Json.string(field.text())));
        } else if (selector instanceof RawPayload raw) {
            return Json.object(
                    "payload",
                    Json.object(
                            "base",
                            Json.string(raw.base().text()),
                            "offset",
                            Integer.toString(raw.offset()),
                            "len",
                            Integer.toString(raw.bits())));
        } else if (selector instanceof ExtensionField field) {
            return header(field.header(), Json.string(field.text()));
        } else if (selector instanceof ExtensionPresence presence) {
            return header(presence.header(), "");
        } else if (selector instanceof RawTcpOption option) {
            return rawOption(option.kind(), option.offset(), option.bits());
        } else if (selector instanceof RawTcpOptionPresence option) {
            return rawOption(option.kind(), 0, Byte.SIZE);
        } else if (selector instanceof Meta meta) {
            return Json.object("meta", Json.object("key", Json.string(meta.text())));
        } else if (selector instanceof ConnectionSelector connection) {
            return Json.object(
                    "ct",
                    Json.object(
                            "key",
                            Json.string(connection.key().text()),
                            "dir",
                            connection.direction().map(Json::lower).orElse("")));
        }
        return other(selector);
    }

    static String header(ExtensionHeader header, String field) {
        String name = header.text();
        String kind = switch (header.family()) {
            case IPV6 -> "exthdr";
            case TCP -> "tcp option";
            case IPV4 -> "ip option";
            case SCTP -> "sctp chunk";
        };
        return Json.object(kind, Json.object("name", Json.string(name), "field", field));
    }

    private static String rawOption(int kind, int offset, int bits) {
        return Json.object(
                "tcp option",
                Json.object(
                        "base",
                        Integer.toString(kind),
                        "offset",
                        Integer.toString(offset),
                        "len",
                        Integer.toString(bits)));
    }

    private String other(Selector selector) {
        if (selector instanceof Route route) {
            return route(route);
        } else if (selector instanceof Fib fib) {
            return Json.object(
                    "fib",
                    Json.object(
                            "result",
                            Json.string(fib.result().text()),
                            "flags",
                            Json.array(fib.keys().stream()
                                    .map(key -> Json.string(key.text()))
                                    .toList())));
        } else if (selector instanceof SocketSelector socket) {
            boolean group = socket.key() == SocketSelector.Key.CGROUPV2; // nft 1.0.6 leaves the level out
            return Json.object(
                    "socket",
                    Json.object(
                            "key", Json.lower(socket.key()), "level", group ? Integer.toString(socket.level()) : ""));
        } else if (selector instanceof OsFingerprint fingerprint) {
            return Json.object(
                    "osf",
                    Json.object(
                            "key",
                            Json.string(fingerprint.version() ? "version" : "name"),
                            "ttl",
                            fingerprint.ttl() == OsFingerprint.Ttl.STRICT ? "" : Json.lower(fingerprint.ttl())));
        } else if (selector instanceof NumberGenerator generator) {
            return Json.object(
                    "numgen",
                    Json.object(
                            "mode",
                            Json.string(generator.mode() == NumberGenerator.Mode.RANDOM ? "random" : "inc"),
                            "mod",
                            Long.toString(generator.modulus()),
                            "offset",
                            Long.toString(generator.offset())));
        } else if (selector instanceof Hash hash) {
            return Json.object(
                    "jhash",
                    Json.object(
                            "mod",
                            Long.toString(hash.modulus()),
                            "seed",
                            hash.seed().isPresent() ? Long.toString(hash.seed().getAsLong()) : "",
                            "offset",
                            offset(hash.offset()),
                            "expr",
                            hashed.apply(hash.of())));
        } else if (selector instanceof SymmetricHash hash) {
            return Json.object(
                    "symhash", Json.object("mod", Long.toString(hash.modulus()), "offset", offset(hash.offset())));
        }
        return ipsec((Ipsec) selector);
    }

    private static String route(Route route) {
        return familyAndKey("rt", route.text(), "", "");
    }

    private static String ipsec(Ipsec ipsec) {
        return familyAndKey(
                "ipsec",
                ipsec.key().text(),
                Json.string(ipsec.outgoing() ? "out" : "in"),
                Integer.toString(ipsec.index()));
    }

    /** A key such as {@code ip nexthop} has a family and a name. */
    private static String familyAndKey(String kind, String text, String direction, String index) {
        int space = text.indexOf(' ');
        return Json.object(
                kind,
                Json.object(
                        "key",
                        Json.string(text.substring(space + 1)),
                        "family",
                        space < 0 ? "" : Json.string(text.substring(0, space)),
                        "dir",
                        direction,
                        "spnum",
                        index));
    }

    private static String offset(long offset) {
        return offset == 0 ? "" : Long.toString(offset);
    }
}
