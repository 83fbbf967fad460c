// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.ExtensionPresence;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.expression.RawPayload;
import dev.nfkit.nftables.expression.RawTcpOption;
import dev.nfkit.nftables.expression.RawTcpOptionPresence;
import dev.nfkit.nftables.expression.Selector;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads fields of headers, of extension headers, options and chunks, and places in the packet. */
final class HeaderParser {
    private static final int LAST_BIT = 4096;

    private final TokenStream in;

    HeaderParser(TokenStream in) {
        this.in = in;
    }

    Selector header() {
        if (in.at("@")) {
            return raw();
        } else if (in.accept("exthdr")) {
            return new ExtensionPresence(named(ExtensionHeader.Family.IPV6, "an extension header"));
        } else if (in.accept("tcp", "option")) {
            return tcpOption();
        } else if (in.accept("ip", "option")) {
            return fieldOrPresence(named(ExtensionHeader.Family.IPV4, "an option of IPv4"));
        } else if (in.accept("sctp", "chunk")) {
            return fieldOrPresence(named(ExtensionHeader.Family.SCTP, "a chunk of SCTP"));
        }
        Optional<HeaderProtocol> protocol = SelectorNames.protocol(in.peek().text());
        if (protocol.isPresent()) {
            in.next();
            return field(protocol.get());
        }
        ExtensionHeader header = named(ExtensionHeader.Family.IPV6, "a selector");
        return extensionField(header).orElseThrow(() -> in.expected("a field of " + header.text()));
    }

    private HeaderField field(HeaderProtocol protocol) {
        String one = protocol.text() + " " + in.peek().text();
        String two = one + " " + in.peek(1).text();
        Optional<HeaderField> field = in.peek().kind() != Token.Kind.WORD ? Optional.empty() : SelectorNames.field(two);
        if (field.isPresent()) {
            in.next();
        } else {
            field = SelectorNames.field(one);
        }
        if (field.isEmpty()) {
            throw in.expected("a field of " + protocol.text() + ": "
                    + HeaderField.of(protocol).stream().map(HeaderField::text).collect(Collectors.joining(", ")));
        }
        in.next();
        return field.get();
    }

    private Selector raw() {
        in.next();
        for (PayloadBase base : PayloadBase.values()) {
            if (in.accept(base.text())) {
                in.expect(",");
                int offset = (int) in.number("an offset in bits", 0, LAST_BIT);
                in.expect(",");
                return new RawPayload(base, offset, (int) in.number("a number of bits", 1, LAST_BIT));
            }
        }
        throw in.expected("ll, nh, th or ih");
    }

    private Selector tcpOption() {
        if (in.accept("@")) {
            int kind = (int) in.number("the number of an option", 0, 255);
            in.expect(",");
            int offset = (int) in.number("an offset in bits", 0, LAST_BIT);
            in.expect(",");
            return new RawTcpOption(kind, offset, (int) in.number("a number of bits", 1, LAST_BIT));
        } else if (TokenStream.isNumber(in.peek())) {
            return new RawTcpOptionPresence((int) in.number("the number of an option", 0, 255));
        }
        return fieldOrPresence(named(ExtensionHeader.Family.TCP, "an option of TCP"));
    }

    /** The header that a word names. */
    ExtensionHeader named(ExtensionHeader.Family family, String what) {
        Optional<ExtensionHeader> header =
                SelectorNames.header(family, in.peek().text());
        if (header.isEmpty() || in.peek().kind() != Token.Kind.WORD) {
            throw in.expected(what);
        }
        in.next();
        return header.get();
    }

    private Selector fieldOrPresence(ExtensionHeader header) {
        Optional<Selector> field = extensionField(header).map(each -> each);
        if (field.isEmpty() && !in.atAny("exists", "missing", "==", "!=")) {
            throw in.expected("a field of " + header.text() + ", exists or missing");
        }
        return field.orElseGet(() -> new ExtensionPresence(header));
    }

    private Optional<ExtensionField> extensionField(ExtensionHeader header) {
        boolean indexed = in.peek(1).is("[") && in.peek(3).is("]");
        String name = in.peek().text() + (indexed ? "[" + in.peek(2).text() + "]" : "");
        Optional<ExtensionField> field = SelectorNames.field(header, name);
        for (int tokens = field.isEmpty() ? 0 : indexed ? 4 : 1; tokens > 0; tokens--) {
            in.next();
        }
        return field;
    }
}
