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
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Prints selectors, as nft does. */
final class SelectorPrinter {
    private final Function<Expression, String> hashed;

    /**
     * A printer.
     *
     * @param hashed prints the expression that a hash is made of
     */
    SelectorPrinter(Function<Expression, String> hashed) {
        this.hashed = hashed;
    }

    String selector(Selector selector) {
        if (selector instanceof HeaderField field) {
            return field.protocol().text() + " " + field.text();
        } else if (selector instanceof RawPayload raw) {
            return "@" + raw.base().text() + "," + raw.offset() + "," + raw.bits();
        } else if (selector instanceof ExtensionField field) {
            return field.header().family().prefix() + field.header().text() + " " + field.text();
        } else if (selector instanceof ExtensionPresence presence) {
            ExtensionHeader header = presence.header();
            String prefix = header.family() == ExtensionHeader.Family.IPV6
                    ? "exthdr "
                    : header.family().prefix();
            return prefix + header.text();
        } else if (selector instanceof RawTcpOption option) {
            return "tcp option @" + option.kind() + "," + option.offset() + "," + option.bits();
        } else if (selector instanceof RawTcpOptionPresence option) {
            return "tcp option " + option.kind();
        } else if (selector instanceof Meta meta) {
            return meta(meta);
        } else if (selector instanceof ConnectionSelector connection) {
            return "ct "
                    + connection
                            .direction()
                            .map(direction -> lower(direction) + " ")
                            .orElse("")
                    + connection.key().text();
        } else if (selector instanceof Route route) {
            return "rt " + route.text();
        }
        return other(selector);
    }

    private String other(Selector selector) {
        if (selector instanceof Fib fib) {
            String keys = fib.keys().stream().map(Fib.Key::text).collect(Collectors.joining(" . "));
            return "fib " + keys + " " + fib.result().text();
        } else if (selector instanceof SocketSelector socket) {
            String level = socket.key() == SocketSelector.Key.CGROUPV2 ? " level " + socket.level() : "";
            return "socket " + lower(socket.key()) + level;
        } else if (selector instanceof OsFingerprint fingerprint) {
            String ttl = fingerprint.ttl() == OsFingerprint.Ttl.STRICT ? "" : "ttl " + lower(fingerprint.ttl()) + " ";
            return "osf " + ttl + (fingerprint.version() ? "version" : "name");
        } else if (selector instanceof NumberGenerator generator) {
            String mode = generator.mode() == NumberGenerator.Mode.RANDOM ? "random" : "inc";
            return "numgen " + mode + " mod " + generator.modulus() + offset(generator.offset());
        } else if (selector instanceof Hash hash) {
            String seed = hash.seed().isPresent()
                    ? " seed 0x" + Long.toHexString(hash.seed().getAsLong())
                    : "";
            return "jhash " + hashed.apply(hash.of()) + " mod " + hash.modulus() + seed + offset(hash.offset());
        } else if (selector instanceof SymmetricHash hash) {
            return "symhash mod " + hash.modulus() + offset(hash.offset());
        }
        Ipsec ipsec = (Ipsec) selector;
        String index = ipsec.index() == 0 ? "" : " spnum " + ipsec.index();
        return "ipsec " + (ipsec.outgoing() ? "out" : "in") + index + " "
                + ipsec.key().text();
    }

    private static String meta(Meta meta) {
        return switch (meta) {
            case IIF, OIF, IIFNAME, OIFNAME, IIFGROUP, OIFGROUP -> meta.text();
            default -> "meta " + meta.text();
        };
    }

    private static String offset(long offset) {
        return offset == 0 ? "" : " offset " + offset;
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
