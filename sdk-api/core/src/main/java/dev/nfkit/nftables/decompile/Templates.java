// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.expression.RawPayload;
import dev.nfkit.nftables.expression.RawTcpOption;
import dev.nfkit.nftables.expression.Selector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Finds the fields that bytes of a packet are, in the protocols that the rule applies to. */
final class Templates {
    private final Knowledge knowledge;

    Templates(Knowledge knowledge) {
        this.knowledge = knowledge;
    }

    /**
     * The field at a place.
     *
     * @param base where the offset counts from
     * @param offset bits
     * @param bits the size
     */
    Optional<HeaderField> field(PayloadBase base, int offset, int bits) {
        return knowledge.protocols(base).stream()
                .flatMap(protocol -> HeaderField.of(protocol).stream())
                .filter(field -> field.offset() == offset && field.bits() == bits && knowledge.mayRead(field))
                .findFirst();
    }

    /** The field that begins at a place and is longer: its first bits are a prefix. */
    Optional<HeaderField> longer(PayloadBase base, int offset, int bits) {
        return knowledge.protocols(base).stream()
                .flatMap(protocol -> HeaderField.of(protocol).stream())
                .filter(field -> field.offset() == offset && field.bits() > bits && knowledge.mayRead(field))
                .findFirst();
    }

    /** The fields that fill a place one after the other; empty if there is a gap. */
    List<HeaderField> fields(PayloadBase base, int offset, int bits) {
        for (HeaderProtocol protocol : knowledge.protocols(base)) {
            List<HeaderField> found = cover(protocol, offset, bits);
            if (!found.isEmpty()) {
                return found;
            }
        }
        return List.of();
    }

    private List<HeaderField> cover(HeaderProtocol protocol, int offset, int bits) {
        List<HeaderField> found = new ArrayList<>();
        int at = offset;
        while (at < offset + bits) {
            int left = offset + bits - at;
            int place = at;
            Optional<HeaderField> next = HeaderField.of(protocol).stream()
                    .filter(field -> field.offset() == place && field.bits() <= left && knowledge.mayRead(field))
                    .findFirst();
            if (next.isEmpty()) {
                return List.of();
            }
            found.add(next.get());
            at += next.get().bits();
        }
        return found;
    }

    /** The selector of a place: a field, or raw bits. */
    Selector selector(PayloadBase base, int offset, int bits) {
        return field(base, offset, bits).<Selector>map(field -> field).orElse(new RawPayload(base, offset, bits));
    }

    /** The selector of bits of an option or extension header. */
    Selector option(Loaded.Option option, int offset, int bits) {
        Optional<ExtensionField> field = optionField(option, offset, bits);
        if (field.isPresent()) {
            return field.get();
        }
        if (option.family() != ExtensionHeader.Family.TCP) {
            throw new UnreadableRuleException("unknown field of header " + option);
        }
        return new RawTcpOption(option.number(), offset, bits);
    }

    /** The field of an option or extension header at a place. */
    Optional<ExtensionField> optionField(Loaded.Option option, int offset, int bits) {
        return Arrays.stream(ExtensionField.values())
                .filter(field -> field.header().family() == option.family()
                        && field.header().number() == option.number()
                        && field.offset() == offset
                        && field.bits() == bits)
                .findFirst();
    }
}
