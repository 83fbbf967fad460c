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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Prints values that are written in a rule, as nft does. */
final class ValuePrinter {
    private static final BigInteger THOUSAND = BigInteger.valueOf(1000);

    private final Host host;

    ValuePrinter(Host host) {
        this.host = host;
    }

    /** A value in a set or assignment: bits are separated by {@code |}. */
    String value(Expression value) {
        return value(value, List.of());
    }

    /**
     * A value in a set or assignment.
     *
     * @param value the value
     * @param types the types of the left side, which determine whether numbers are hexadecimal
     */
    String value(Expression value, List<ValueType> types) {
        if (value instanceof Concatenation concatenation) {
            List<Expression> parts = concatenation.parts();
            return IntStream.range(0, parts.size())
                    .mapToObj(index ->
                            value(parts.get(index), index < types.size() ? List.of(types.get(index)) : List.of()))
                    .collect(Collectors.joining(" . "));
        }
        boolean raw = types.size() == 1 && types.get(0).raw();
        if (value instanceof Constant constant) {
            return constant(constant, raw, " | ");
        } else if (value instanceof Interval interval) {
            return end(interval.from(), raw) + "-" + end(interval.to(), raw);
        } else if (value instanceof Prefix prefix) {
            return prefix.length() == prefix.value().bits()
                    ? constant(prefix.value(), raw, " | ")
                    : end(prefix.first(), raw) + "/" + prefix.length();
        } else if (value instanceof Text text) {
            return text(text);
        } else if (value instanceof Verdict verdict) {
            return verdict(verdict);
        } else if (value == Wildcard.ANY) {
            return "*";
        }
        throw new IllegalArgumentException("not a value: " + value);
    }

    /** An operand of an operation on bits, or what its result is compared with: flags have names, numbers have not. */
    String operand(Constant constant, boolean raw) {
        return switch (constant.type().kind()) {
            case BITS -> constant(constant, raw, " | ");
            default -> constant.type() == DataType.ECN ? constant.value().toString() : end(constant, raw);
        };
    }

    /** An end of an interval, whose names nft does not print. */
    private String end(Constant constant, boolean raw) {
        if (constant.type() == DataType.ECN) {
            return Symbols.padded(constant.value(), 1);
        }
        if (constant.type() == DataType.CLASSID) {
            return numbers(constant.value());
        }
        if (constant.type() == DataType.TIME && constant.value().mod(THOUSAND).signum() == 0) {
            return constant.value().divide(THOUSAND) + "s";
        }
        boolean named = Symbols.of(constant.type()) != SymbolTable.NONE;
        return named ? Symbols.number(constant.type(), constant.value()) : constant(constant, raw, " | ");
    }

    static String verdict(Verdict verdict) {
        if (verdict instanceof Verdict.Jump jump) {
            return "jump " + jump.chain();
        } else if (verdict instanceof Verdict.Goto target) {
            return "goto " + target.chain();
        }
        return ((Verdict.Simple) verdict).name().toLowerCase(Locale.ROOT);
    }

    private static String text(Text text) {
        boolean literal = !text.open() && text.text().endsWith("*");
        String shown = literal ? text.text().substring(0, text.text().length() - 1) + "\\*" : text.text();
        return '"' + shown + (text.open() ? "*" : "") + '"';
    }

    /**
     * A constant.
     *
     * @param constant the constant
     * @param raw whether its number is hexadecimal
     * @param separator what stands between bits
     */
    String constant(Constant constant, boolean raw, String separator) {
        BigInteger value = constant.value();
        DataType type = constant.type();
        return switch (type) {
            case IPV4_ADDR -> AddressText.ipv4(value);
            case IPV6_ADDR -> AddressText.ipv6(value);
            case ETHER_ADDR, LL_ADDR -> AddressText.link(value, constant.bits());
            case IFACE_INDEX -> device(value);
            case TIME -> TimeSpan.print(Duration.ofMillis(value.longValue()));
            case TIME_DATE -> '"' + ClockText.date(value.longValue(), host.zone()) + '"';
            case TIME_HOUR -> '"' + ClockText.hour(value.longValue(), host.zone()) + '"';
            case CLASSID -> handle(value);
            case CT_LABEL -> labels(value, separator);
            case BITMASK -> Symbols.padded(value, 1);
            case INTEGER -> raw ? Symbols.padded(value, 1) : value.toString();
            default -> type.kind() == DataType.Kind.BITS ? bits(constant, separator) : symbol(type, value);
        };
    }

    private static String symbol(DataType type, BigInteger value) {
        Optional<String> name =
                value.bitLength() < Long.SIZE ? Symbols.of(type).name(value.longValue()) : Optional.empty();
        return name.map(found -> Symbols.quoted(type) ? '"' + found + '"' : found)
                .orElseGet(() -> Symbols.number(type, value));
    }

    private String device(BigInteger value) {
        Optional<String> name = value.bitLength() < Integer.SIZE ? host.device(value.intValue()) : Optional.empty();
        return name.map(found -> '"' + found + '"').orElseGet(value::toString);
    }

    private static String handle(BigInteger value) {
        return NetworkSymbols.PRIORITY.name(value.longValue()).orElseGet(() -> numbers(value));
    }

    private static String numbers(BigInteger value) {
        return value.shiftRight(16).toString(16) + ":" + Integer.toHexString(value.intValue() & 0xffff);
    }

    private static String labels(BigInteger value, String separator) {
        return value.signum() == 0
                ? "0x0"
                : IntStream.range(0, value.bitLength())
                        .filter(value::testBit)
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining(separator));
    }

    private static String bits(Constant constant, String separator) {
        BigInteger rest = constant.value();
        List<String> names = new ArrayList<>();
        for (Map.Entry<Long, String> symbol :
                Symbols.of(constant.type()).names().entrySet()) {
            BigInteger bit = BigInteger.valueOf(symbol.getKey());
            if (rest.and(bit).equals(bit)) {
                names.add(symbol.getValue());
                rest = rest.andNot(bit);
            }
        }
        if (rest.signum() != 0 || names.isEmpty()) {
            names.add(Symbols.padded(rest, 1));
        }
        return String.join(separator, names);
    }
}
