// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.bytecode.Diversion;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Translation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.statement.Duplicate;
import dev.nfkit.nftables.statement.Forward;
import dev.nfkit.nftables.statement.InvalidRuleException;
import dev.nfkit.nftables.statement.Nat;
import dev.nfkit.nftables.statement.Tproxy;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Translation of addresses, and what sends packets elsewhere. */
final class Translations {
    private static final long PORTS = 0x2;
    private static final long RANDOM = 0x4;
    private static final long PERSISTENT = 0x8;
    private static final long FULLY_RANDOM = 0x10;
    private static final long PREFIX = 0x40;

    private final Code code;
    private final Dependencies dependencies;
    private final Operands operands;
    private final Literals literals;

    Translations(Code code, Dependencies dependencies, Operands operands, Literals literals) {
        this.code = code;
        this.dependencies = dependencies;
        this.operands = operands;
        this.literals = literals;
    }

    /** The registers of the first and the last of several values. */
    private record Ends(@Nullable Integer first, @Nullable Integer last) {
        static final Ends NONE = new Ends(null, null);
    }

    void compile(Nat nat) {
        nat.addresses().ifPresent(dependencies::require);
        nat.ports().ifPresent(dependencies::require);
        long flags = flags(nat);
        boolean map = nat.addresses().filter(MapLookup.class::isInstance).isPresent()
                && nat.ports().isEmpty();
        code.add(
                switch (nat.kind()) {
                    case MASQUERADE -> {
                        Ends ports = ports(nat.ports());
                        yield new Translation.Masq(ports.first(), ports.last(), orNull(flags));
                    }
                    case REDIRECT -> {
                        Ends ports = ports(nat.ports());
                        yield new Translation.Redir(ports.first(), ports.last(), orNull(flags));
                    }
                    default -> map ? mapped(nat, flags) : translation(nat, flags);
                });
        code.release(0);
    }

    private static @Nullable Long orNull(long flags) {
        return flags == 0 ? null : flags;
    }

    private Instruction translation(Nat nat, long flags) {
        boolean onlyPorts = dependencies.family() == AddressFamily.INET
                && nat.family().isEmpty()
                && nat.addresses().isEmpty();
        AddressFamily family = onlyPorts ? AddressFamily.INET : family(nat.family(), nat.addresses());
        Ends addresses =
                nat.addresses().map(value -> ends(value, addressForm(family))).orElse(Ends.NONE);
        Ends ports = ports(nat.ports());
        return new Translation.Nat(
                type(nat), family, addresses.first(), addresses.last(), ports.first(), ports.last(), orNull(flags));
    }

    private static Translation.Nat.Type type(Nat nat) {
        return nat.kind() == Nat.Kind.SNAT ? Translation.Nat.Type.SNAT : Translation.Nat.Type.DNAT;
    }

    /** A lookup in a map, which may yield the port after the address. */
    private Instruction mapped(Nat nat, long flags) {
        MapLookup lookup = (MapLookup) nat.addresses().orElseThrow();
        AddressFamily family = family(nat.family(), nat.addresses());
        Form address = addressForm(family);
        boolean port = yieldsPort(lookup.map());
        int words = Code.words(address.bytes());
        boolean range = !port && yieldsRange(lookup.map());
        Form form = range ? new Form(address.types(), 2 * address.bytes(), false, true) : address;
        if (port) {
            form = new Form(List.of(address.types().get(0), DataType.INET_SERVICE), (words + 1) * Integer.BYTES, false);
        }
        int word = code.take(Math.max(form.bytes(), Operands.space(lookup.key())));
        operands.load(lookup, word, form);
        return new Translation.Nat(
                type(nat),
                family,
                Code.register(word),
                range ? Code.register(word + words) : null,
                port ? Code.register(word + words) : null,
                null,
                orNull(flags));
    }

    private boolean yieldsPort(Expression map) {
        if (map instanceof SetReference reference) {
            return literals.type(reference).map(type -> type.data().size() > 1).orElse(false);
        }
        SetElement first = ((SetLiteral) map).elements().get(0);
        return first.data().map(data -> Operands.parts(data).size() > 1).orElse(false);
    }

    private static boolean yieldsRange(Expression map) {
        return map instanceof SetLiteral literal
                && literal.elements().stream()
                        .anyMatch(element -> element.data()
                                .filter(data -> data instanceof Prefix || data instanceof Interval)
                                .isPresent());
    }

    private static long flags(Nat nat) {
        long flags = nat.ports().isPresent() ? PORTS : 0;
        for (Nat.Flag flag : nat.flags()) {
            flags |= switch (flag) {
                case RANDOM -> RANDOM;
                case FULLY_RANDOM -> FULLY_RANDOM;
                case PERSISTENT -> PERSISTENT;
                case PREFIX -> PREFIX;
            };
        }
        return flags;
    }

    private Ends ports(Optional<Expression> ports) {
        return ports.map(value -> ends(value, Form.of(DataType.INET_SERVICE))).orElse(Ends.NONE);
    }

    /** Brings one value, or the first and the last of several, to registers. */
    private Ends ends(Expression value, Form form) {
        if (value instanceof Interval interval) {
            return new Ends(load(interval.from(), form), load(interval.to(), form));
        } else if (value instanceof Prefix prefix) {
            return new Ends(load(prefix.first(), form), load(prefix.last(), form));
        }
        return new Ends(load(value, form), null);
    }

    private int load(Expression value, Form form) {
        int word = code.take(Math.max(form.bytes(), value instanceof MapLookup map ? Operands.space(map.key()) : 0));
        operands.load(value, word, form);
        return Code.register(word);
    }

    private static Form addressForm(AddressFamily family) {
        return Form.of(family == AddressFamily.IPV6 ? DataType.IPV6_ADDR : DataType.IPV4_ADDR);
    }

    /** The family of the addresses: what is written, the table's, or that of the addresses. */
    private AddressFamily family(Optional<AddressFamily> written, Optional<Expression> address) {
        if (written.isPresent()) {
            return written.get();
        }
        AddressFamily table = dependencies.family();
        if (table == AddressFamily.IPV4 || table == AddressFamily.IPV6) {
            return table;
        }
        DataType type = address.map(Translations::addressType).orElse(DataType.INTEGER);
        if (type == DataType.IPV4_ADDR || type == DataType.IPV6_ADDR) {
            return type == DataType.IPV4_ADDR ? AddressFamily.IPV4 : AddressFamily.IPV6;
        }
        if (dependencies.network() == HeaderProtocol.IP || dependencies.network() == HeaderProtocol.IP6) {
            return dependencies.network() == HeaderProtocol.IP ? AddressFamily.IPV4 : AddressFamily.IPV6;
        }
        throw new InvalidRuleException("in a table of family inet, write ip or ip6 before the new address or port");
    }

    private static DataType addressType(Expression address) {
        if (address instanceof Constant constant) {
            return constant.type();
        } else if (address instanceof Interval interval) {
            return interval.from().type();
        } else if (address instanceof Prefix prefix) {
            return prefix.value().type();
        }
        return DataType.INTEGER;
    }

    void compile(Tproxy tproxy) {
        AddressFamily table = dependencies.family();
        AddressFamily family = tproxy.family()
                .orElse(
                        table == AddressFamily.INET && tproxy.address().isEmpty()
                                ? AddressFamily.UNSPEC
                                : family(Optional.empty(), tproxy.address()));
        Integer address =
                tproxy.address().map(value -> load(value, addressForm(family))).orElse(null);
        Integer port = tproxy.port()
                .map(value -> load(value, Form.of(DataType.INET_SERVICE)))
                .orElse(null);
        code.add(new Diversion.Tproxy(family, address, port));
        code.release(0);
    }

    void compile(Duplicate duplicate) {
        duplicate.address().ifPresent(dependencies::require);
        Integer address = duplicate
                .address()
                .map(value -> load(value, addressForm(family(Optional.empty(), duplicate.address()))))
                .orElse(null);
        Integer device = duplicate
                .device()
                .map(value -> load(value, Form.of(DataType.IFACE_INDEX)))
                .orElse(null);
        code.add(new Diversion.Dup(address, device));
        code.release(0);
    }

    void compile(Forward forward) {
        int device = load(forward.device(), Form.of(DataType.IFACE_INDEX));
        AddressFamily family = forward.family().orElse(null);
        Integer address = family == null ? null : load(forward.address().orElseThrow(), addressForm(family));
        code.add(new Diversion.Fwd(device, address, family));
        code.release(0);
    }
}
