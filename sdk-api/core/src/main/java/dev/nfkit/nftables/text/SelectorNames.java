// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.ConnectionKey;
import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.Meta;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The names of what rules read: fields of headers, keys of {@code meta} and {@code ct}. */
final class SelectorNames {
    /** Keys that may stand without {@code meta}. */
    private static final Set<String> UNQUALIFIED = Set.of(
            "mark",
            "iif",
            "iifname",
            "iiftype",
            "oif",
            "oifname",
            "oiftype",
            "skuid",
            "skgid",
            "nftrace",
            "rtclassid",
            "ibriport",
            "ibrname",
            "obriport",
            "obrname",
            "pkttype",
            "cpu",
            "iifgroup",
            "oifgroup",
            "cgroup");

    /** Words that begin a selector and nothing else. */
    private static final Set<String> WORDS =
            Set.of("meta", "ct", "fib", "rt", "socket", "osf", "numgen", "jhash", "symhash", "ipsec", "exthdr", "@");

    private static final Map<String, String> ALIASES = Map.ofEntries(
            Map.entry("icmpv6 param-problem", "icmpv6 parameter-problem"),
            Map.entry("vlan cfi", "vlan dei"),
            Map.entry("secpath", "ipsec"),
            Map.entry("ibriport", "ibrname"),
            Map.entry("obriport", "obrname"),
            Map.entry("noop", "nop"),
            Map.entry("mss", "maxseg"),
            Map.entry("sack0", "sack"),
            Map.entry("sack-permitted", "sack-perm"));

    private static final Map<String, HeaderField> FIELDS = new HashMap<>();
    private static final Map<String, HeaderProtocol> PROTOCOLS = new HashMap<>();
    private static final Map<String, ExtensionHeader> HEADERS = new HashMap<>();
    private static final Map<String, ExtensionField> HEADER_FIELDS = new HashMap<>();
    private static final Map<String, Meta> META = new HashMap<>();
    private static final Map<String, ConnectionKey> CONNECTION = new HashMap<>();

    static {
        for (HeaderProtocol protocol : HeaderProtocol.values()) {
            PROTOCOLS.put(protocol.text(), protocol);
        }
        for (HeaderField field : HeaderField.values()) {
            FIELDS.put(field.protocol().text() + " " + field.text(), field);
        }
        for (ExtensionHeader header : ExtensionHeader.values()) {
            HEADERS.put(header.family().prefix() + header.text(), header);
        }
        for (ExtensionField field : ExtensionField.values()) {
            HEADER_FIELDS.put(field.header().family().prefix() + field.header().text() + " " + field.text(), field);
        }
        for (Meta key : Meta.values()) {
            META.put(key.text(), key);
        }
        for (ConnectionKey key : ConnectionKey.values()) {
            CONNECTION.put(key.text(), key);
        }
    }

    private SelectorNames() {}

    private static String known(String name) {
        return ALIASES.getOrDefault(name, name);
    }

    static Optional<HeaderProtocol> protocol(String name) {
        return Optional.ofNullable(PROTOCOLS.get(name));
    }

    /** A field by its whole name, such as {@code "tcp dport"}. */
    static Optional<HeaderField> field(String name) {
        return Optional.ofNullable(FIELDS.get(known(name)));
    }

    static Optional<ExtensionHeader> header(ExtensionHeader.Family family, String name) {
        return Optional.ofNullable(HEADERS.get(family.prefix() + known(name)));
    }

    static Optional<ExtensionField> field(ExtensionHeader header, String name) {
        return Optional.ofNullable(HEADER_FIELDS.get(header.family().prefix() + header.text() + " " + name));
    }

    static Optional<Meta> meta(String name) {
        return Optional.ofNullable(META.get(known(name)));
    }

    static Optional<Meta> unqualified(String name) {
        return UNQUALIFIED.contains(name) ? meta(name) : Optional.empty();
    }

    static Optional<ConnectionKey> connection(String name) {
        return Optional.ofNullable(CONNECTION.get(name));
    }

    /** Whether a token begins a selector and nothing else. */
    static boolean word(Token token) {
        return WORDS.contains(token.text()) || unqualified(token.text()).isPresent();
    }

    /** Whether a selector begins here. Names of protocols are values, too, and need a field after them. */
    static boolean begin(TokenStream in) {
        Token first = in.peek();
        if (first.kind() != Token.Kind.WORD) {
            return first.is("@") && in.peek(2).is(",");
        }
        String name = first.text();
        Token second = in.peek(1);
        if (word(first)) {
            return true;
        }
        if (second.kind() != Token.Kind.WORD) {
            return false;
        }
        String field = second.text();
        boolean options = field.equals("option") ? name.equals("tcp") || name.equals("ip") : field.equals("chunk");
        return (protocol(name).isPresent()
                        && (options
                                || field(name + " " + field).isPresent()
                                || field(name + " " + field + " " + in.peek(2).text())
                                        .isPresent()))
                || header(ExtensionHeader.Family.IPV6, name)
                        .filter(header ->
                                field(header, field).isPresent() || in.peek(2).is("["))
                        .isPresent();
    }

    /** Whether a word names what has fields. */
    static boolean names(String word) {
        return protocol(word).isPresent()
                || header(ExtensionHeader.Family.IPV6, word).isPresent();
    }
}
