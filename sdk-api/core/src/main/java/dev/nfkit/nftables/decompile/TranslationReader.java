// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.bytecode.Diversion;
import dev.nfkit.nftables.bytecode.Translation;
import dev.nfkit.nftables.expression.Constant;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.Interval;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Prefix;
import dev.nfkit.nftables.statement.Duplicate;
import dev.nfkit.nftables.statement.Forward;
import dev.nfkit.nftables.statement.Nat;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.nftables.statement.Tproxy;
import java.math.BigInteger;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads translations of addresses, and what sends packets elsewhere. */
final class TranslationReader {
    /** Whether there are addresses and ports, which the kernel adds itself. */
    private static final long KERNEL = 0x3;

    private static final long RANDOM = 0x4;
    private static final long PERSISTENT = 0x8;
    private static final long FULLY_RANDOM = 0x10;
    private static final long PREFIX = 0x40;

    private final Knowledge knowledge;
    private final AssignmentReader values;

    TranslationReader(Knowledge knowledge, AssignmentReader values) {
        this.knowledge = knowledge;
        this.values = values;
    }

    Nat read(Translation translation) {
        if (translation instanceof Translation.Masq masq) {
            return own(Nat.Kind.MASQUERADE, masq.portMin(), masq.portMax(), masq.flags());
        } else if (translation instanceof Translation.Redir redir) {
            return own(Nat.Kind.REDIRECT, redir.portMin(), redir.portMax(), redir.flags());
        }
        Translation.Nat nat = (Translation.Nat) translation;
        Optional<Expression> addresses = several(nat.addressMin(), nat.addressMax(), address(nat.family()));
        boolean map = addresses.filter(MapLookup.class::isInstance).isPresent();
        Integer port = nat.portMin();
        boolean portOfMap = map && port != null && !values.isLoaded(port);
        Integer last = nat.addressMax();
        boolean several = map && last != null && !last.equals(nat.addressMin());
        return new Nat(
                nat.type() == Translation.Nat.Type.SNAT ? Nat.Kind.SNAT : Nat.Kind.DNAT,
                // nft writes it with a map of addresses and ports or of intervals.
                portOfMap || several ? Optional.of(nat.family()) : written(nat.family()),
                addresses,
                portOfMap ? Optional.empty() : several(nat.portMin(), nat.portMax(), DataType.INET_SERVICE),
                flags(nat.flags()));
    }

    private Nat own(Nat.Kind kind, @Nullable Integer portMin, @Nullable Integer portMax, @Nullable Long flags) {
        return new Nat(
                kind,
                Optional.empty(),
                Optional.empty(),
                several(portMin, portMax, DataType.INET_SERVICE),
                flags(flags));
    }

    /** The family that must be written: tables of one family have it themselves. */
    private Optional<AddressFamily> written(AddressFamily family) {
        return family == knowledge.family() || family == AddressFamily.UNSPEC ? Optional.empty() : Optional.of(family);
    }

    private static DataType address(AddressFamily family) {
        return family == AddressFamily.IPV6 ? DataType.IPV6_ADDR : DataType.IPV4_ADDR;
    }

    private static Set<Nat.Flag> flags(@Nullable Long flags) {
        Set<Nat.Flag> result = EnumSet.noneOf(Nat.Flag.class);
        long bits = flags == null ? 0 : flags;
        LoadReader.requireFlags("a translation", flags, KERNEL | RANDOM | PERSISTENT | FULLY_RANDOM | PREFIX);
        if ((bits & RANDOM) != 0) {
            result.add(Nat.Flag.RANDOM);
        }
        if ((bits & PERSISTENT) != 0) {
            result.add(Nat.Flag.PERSISTENT);
        }
        if ((bits & FULLY_RANDOM) != 0) {
            result.add(Nat.Flag.FULLY_RANDOM);
        }
        if ((bits & PREFIX) != 0) {
            result.add(Nat.Flag.PREFIX);
        }
        return result;
    }

    private Optional<Expression> several(@Nullable Integer first, @Nullable Integer last, DataType type) {
        if (first == null) {
            return Optional.empty();
        }
        Expression from = values.value(first, type);
        if (last == null || last.equals(first) || from instanceof MapLookup) {
            return Optional.of(from); // the data of a map may be an interval
        }
        if (from instanceof Constant start && values.value(last, type) instanceof Constant end) {
            return Optional.of(interval(start, end));
        }
        throw LoadReader.unknown("translation to", from);
    }

    private static Expression interval(Constant from, Constant to) {
        BigInteger differing = from.value().xor(to.value());
        boolean prefix = from.type() != DataType.INET_SERVICE
                && differing.equals(Numbers.ones(differing.bitLength()))
                && from.value().and(differing).signum() == 0;
        return prefix ? new Prefix(from, from.bits() - differing.bitLength()) : new Interval(from, to);
    }

    Statement read(Diversion diversion) {
        if (diversion instanceof Diversion.Tproxy tproxy) {
            return new Tproxy(
                    written(tproxy.family()),
                    several(tproxy.address(), null, address(tproxy.family())),
                    several(tproxy.port(), null, DataType.INET_SERVICE));
        } else if (diversion instanceof Diversion.Dup dup) {
            return new Duplicate(
                    several(dup.address(), null, address(knowledge.family())),
                    several(dup.device(), null, DataType.IFACE_INDEX));
        } else if (diversion instanceof Diversion.Fwd fwd) {
            AddressFamily family = fwd.family();
            return new Forward(
                    values.value(fwd.device(), DataType.IFACE_INDEX),
                    Optional.ofNullable(family),
                    family == null ? Optional.empty() : several(fwd.address(), null, address(family)));
        }
        throw LoadReader.unknown("instruction", diversion.name());
    }
}
