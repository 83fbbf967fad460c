// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.BinaryExpression.Operator;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Text;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** Reads single values: their type is known from the context and determines what they are. */
final class ConstantParser {
    private static final BigInteger NANOSECONDS = BigInteger.valueOf(TimeUnit.SECONDS.toNanos(1));

    /** More than any value. */
    private static final BigInteger ANY = BigInteger.ONE.shiftLeft(2048);

    private final TokenStream in;
    private final Host host;

    ConstantParser(Scope scope) {
        this.in = scope.in();
        this.host = scope.host();
    }

    /** A value, or several that operators on bits combine, such as {@code syn | ack}. */
    Expression constant(ValueType type) {
        return type.type().kind() == DataType.Kind.TEXT ? text(type) : combined(type, 0);
    }

    /** Bits that are separated by commas, such as {@code established,related}. */
    Constant bits(ValueType type) {
        Constant all = combined(type, 0);
        while (in.accept(",")) {
            BigInteger more = combined(type, 0).value();
            all = new Constant(type.type(), type.bits(), all.value().or(more));
        }
        return all;
    }

    private Constant combined(ValueType type, int least) {
        Constant left = operand(type);
        Optional<Operator> operator = Operators.of(in.peek());
        while (operator.isPresent() && Operators.precedence(operator.get()) > least) {
            in.next();
            Constant right = combined(
                    Operators.isShift(operator.get()) ? ValueType.of(DataType.INTEGER) : type,
                    Operators.precedence(operator.get()));
            left = new Constant(
                    type.type(),
                    type.bits(),
                    Operators.compute(operator.get(), left.value(), right.value(), type.bits()));
            operator = Operators.of(in.peek());
        }
        return left;
    }

    private Constant operand(ValueType type) {
        if (!in.accept("(")) {
            return atom(type);
        }
        Constant inner = in.nested(() -> combined(type, 0));
        in.expect(")");
        return inner;
    }

    /** A single value that is a number. */
    Constant atom(ValueType type) {
        Token token = in.peek();
        if (token.kind() != Token.Kind.WORD && token.kind() != Token.Kind.STRING) {
            throw in.expected("a value of type " + type.type().text());
        }
        String text = token.text();
        int tokens = 1;
        if (type.type() == DataType.CLASSID || type.type() == DataType.TIME_HOUR) {
            StringBuilder joined = new StringBuilder(text);
            if (type.type() == DataType.CLASSID && in.peek(1).is(":")) {
                in.split(2, '-');
            }
            while (in.peek(tokens).is(":") && in.peek(tokens + 1).kind() == Token.Kind.WORD && tokens < 5) {
                joined.append(':').append(in.peek(tokens + 1).text());
                tokens += 2;
            }
            text = joined.toString();
        }
        Optional<BigInteger> value = value(text, type);
        if (value.isEmpty()) {
            throw in.refused("expected a value of type " + type.type().text() + reason(type.type()));
        }
        int bits = type.type() == DataType.BOOLEAN ? 1 : type.bits();
        if (value.get().bitLength() > bits) {
            throw in.refused("the value is out of the range of " + type.type().text() + " with " + bits + " bits");
        }
        if (value.get().compareTo(greatest(type.type())) > 0) {
            throw in.refused("expected a value of type " + type.type().text() + " up to " + greatest(type.type()));
        }
        Constant constant = in.checked(token, () -> new Constant(type.type(), type.bits(), value.get()));
        for (; tokens > 0; tokens--) {
            in.next();
        }
        return constant;
    }

    private static BigInteger greatest(DataType type) {
        return switch (type) {
            case TIME_DAY -> BigInteger.valueOf(6);
            case TIME_HOUR -> BigInteger.valueOf(86_399);
            default -> ANY;
        };
    }

    private static String reason(DataType type) {
        return switch (type) {
            case IPV4_ADDR, IPV6_ADDR -> " (names of hosts are not looked up)";
            case IFACE_INDEX -> " (there is no device of this name; iifname and oifname compare names)";
            case CGROUPV2 -> " (only ids of control groups are supported, not paths)";
            default -> "";
        };
    }

    private Optional<BigInteger> value(String text, ValueType type) {
        Optional<BigInteger> number = number(text);
        return switch (type.type()) {
            case IPV4_ADDR -> AddressText.ipv4(text).or(() -> number);
            case IPV6_ADDR -> AddressText.ipv6(text).or(() -> number);
            case ETHER_ADDR, LL_ADDR ->
                AddressText.link(text)
                        .filter(address ->
                                text.chars().filter(each -> each == ':').count() == type.bits() / 8 - 1)
                        .or(() -> number);
            case IFACE_INDEX -> number.or(() -> boxed(host.device(text)));
            case INET_SERVICE ->
                number.or(() -> symbol(TransportSymbols.SERVICE, text)).or(() -> NameFiles.service(text));
            case UID -> number.or(() -> NameFiles.user(text));
            case GID -> number.or(() -> NameFiles.group(text));
            case CT_LABEL ->
                number.filter(bit -> bit.bitLength() < 8 && bit.intValue() < type.bits())
                        .map(bit -> BigInteger.ONE.shiftLeft(bit.intValue()));
            case TIME -> TimeSpan.parse(text).map(span -> BigInteger.valueOf(span.toMillis()));
            case TIME_DATE -> number.map(NANOSECONDS::multiply).or(() -> ClockText.date(text, host.zone()));
            case TIME_HOUR -> number.or(() -> ClockText.hour(text, host.zone()).map(BigInteger::valueOf));
            case CLASSID ->
                symbol(NetworkSymbols.PRIORITY, text).or(() -> number).or(() -> handle(text));
            case INET_PROTO ->
                symbol(NetworkSymbols.PROTOCOL, text.toLowerCase(Locale.ROOT)).or(() -> number);
            default -> symbol(Symbols.of(type.type()), text).or(() -> number);
        };
    }

    /** A decimal or hexadecimal number, or, with a leading zero, an octal one. */
    private static Optional<BigInteger> number(String text) {
        if (!TokenStream.isNumber(text)) {
            return Optional.empty();
        } else if (text.length() > 1
                && text.chars().allMatch(each -> each >= '0' && each <= '9')
                && text.charAt(0) == '0') {
            boolean octal = text.chars().allMatch(each -> each <= '7');
            return octal ? Optional.of(new BigInteger(text, 8)) : Optional.empty();
        }
        return Optional.of(TokenStream.number(text));
    }

    private static Optional<BigInteger> symbol(SymbolTable table, String text) {
        OptionalLong number = table.number(text);
        return number.isPresent() ? Optional.of(BigInteger.valueOf(number.getAsLong())) : Optional.empty();
    }

    private static Optional<BigInteger> boxed(OptionalInt number) {
        return number.isPresent() ? Optional.of(BigInteger.valueOf(number.getAsInt())) : Optional.empty();
    }

    /** A handle of traffic control: two hexadecimal numbers, such as {@code 1:10}. */
    private static Optional<BigInteger> handle(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 2
                || !TokenStream.isNumber("0x" + parts[0])
                || !TokenStream.isNumber("0x" + parts[1])
                || parts[0].length() > 4
                || parts[1].length() > 4) {
            return Optional.empty();
        }
        return Optional.of(new BigInteger(parts[0], 16).shiftLeft(16).or(new BigInteger(parts[1], 16)));
    }

    private Text text(ValueType type) {
        Token token = in.peek();
        String written = in.name("text of type " + type.type().text());
        boolean literal = written.endsWith("\\*");
        boolean open = written.endsWith("*") && !literal;
        if (open && written.length() == 1) {
            throw in.refused(token, "an asterisk needs a beginning of the text before it");
        }
        String text = literal
                ? written.substring(0, written.length() - 2) + "*"
                : open ? written.substring(0, written.length() - 1) : written;
        return in.checked(token, () -> new Text(type.type(), text, open));
    }
}
