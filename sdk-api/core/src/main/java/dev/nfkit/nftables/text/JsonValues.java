// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.expression.Verdict;
import dev.nfkit.nftables.expression.Wildcard;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Prints values that are written in a rule as JSON, as nft does. */
final class JsonValues {
    private static final BigInteger THOUSAND = BigInteger.valueOf(1000);
    private static final int LONGEST_NUMBER = 64;

    private final ValuePrinter texts;

    JsonValues(Host host) {
        this.texts = new ValuePrinter(host);
    }

    String value(Expression value) {
        if (value instanceof Concatenation concatenation) {
            return Json.object(
                    "concat",
                    Json.array(concatenation.parts().stream().map(this::value).toList()));
        } else if (value instanceof Constant constant) {
            return constant(constant);
        } else if (value instanceof Interval interval) {
            return Json.object("range", Json.array(end(interval.from()), end(interval.to())));
        } else if (value instanceof Prefix prefix) {
            return prefix.length() == prefix.value().bits()
                    ? constant(prefix.value())
                    : Json.object("prefix", Json.object("addr", constant(prefix.first()), "len", "" + prefix.length()));
        } else if (value instanceof Text text) {
            return Json.string(unquoted(texts.value(text)));
        } else if (value instanceof Verdict verdict) {
            return verdict(verdict);
        } else if (value == Wildcard.ANY) {
            return "\"*\"";
        }
        throw new IllegalArgumentException("not a value: " + value);
    }

    static String verdict(Verdict verdict) {
        if (verdict instanceof Verdict.Jump jump) {
            return Json.object("jump", Json.object("target", Json.string(jump.chain())));
        } else if (verdict instanceof Verdict.Goto target) {
            return Json.object("goto", Json.object("target", Json.string(target.chain())));
        }
        return Json.object(((Verdict.Simple) verdict).name().toLowerCase(Locale.ROOT), Json.NULL);
    }

    /** A constant. Several bits are an operation. */
    String constant(Constant constant) {
        if (constant.type().kind() != DataType.Kind.BITS) {
            return number(constant);
        }
        List<String> bits = bits(constant);
        String all = bits.get(0);
        for (String bit : bits.subList(1, bits.size())) {
            all = Json.object("|", Json.array(all, bit));
        }
        return all;
    }

    /** A constant. Several bits are an array. */
    String list(Constant constant) {
        return constant.type().kind() == DataType.Kind.BITS ? Json.oneOrMore(bits(constant)) : number(constant);
    }

    /** An end of an interval, which has names only for some types. */
    private String end(Constant constant) {
        return switch (constant.type()) {
            case INET_PROTO, FIB_ADDRTYPE, CT_STATE, CT_STATUS, CT_LABEL, CT_EVENT -> integer(constant.value());
            default -> constant(constant);
        };
    }

    private String number(Constant constant) {
        BigInteger value = constant.value();
        return switch (constant.type()) {
            case BOOLEAN -> Boolean.toString(value.signum() != 0);
            case TIME -> value.divide(THOUSAND).toString();
            case IPV4_ADDR, IPV6_ADDR, ETHER_ADDR, LL_ADDR, IFACE_INDEX, CLASSID, TIME_DATE, TIME_HOUR, REALM ->
                Json.string(unquoted(texts.value(constant)));
            default -> {
                Optional<String> name = value.bitLength() < Long.SIZE
                        ? Symbols.of(constant.type()).name(value.longValue())
                        : Optional.empty();
                yield name.map(Json::string).orElseGet(() -> integer(value));
            }
        };
    }

    /** A number, or a string if it has more than 64 bits. nft 1.0.6 prints those of 2^63 and above as negative ones. */
    static String integer(BigInteger value) {
        return value.bitLength() > LONGEST_NUMBER ? Json.string("0x" + value.toString(16)) : value.toString();
    }

    private static List<String> bits(Constant constant) {
        BigInteger rest = constant.value();
        List<String> names = new ArrayList<>();
        if (constant.type() == DataType.CT_LABEL) {
            for (int bit = 0; bit < rest.bitLength(); bit++) {
                if (rest.testBit(bit)) {
                    names.add(Integer.toString(bit));
                }
            }
            return names.isEmpty() ? List.of("0") : names;
        }
        for (Map.Entry<Long, String> symbol :
                Symbols.of(constant.type()).names().entrySet()) {
            BigInteger bit = BigInteger.valueOf(symbol.getKey());
            if (rest.and(bit).equals(bit)) {
                names.add(Json.string(symbol.getValue()));
                rest = rest.andNot(bit);
            }
        }
        if (rest.signum() != 0 || names.isEmpty()) {
            names.add(integer(rest));
        }
        return names;
    }

    private static String unquoted(String text) {
        return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"")
                ? text.substring(1, text.length() - 1)
                : text;
    }
}
