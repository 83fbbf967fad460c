// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.bytecode.Bitwise;
import dev.nfkit.nftables.bytecode.Byteorder;
import dev.nfkit.nftables.bytecode.Context;
import dev.nfkit.nftables.bytecode.Ct;
import dev.nfkit.nftables.bytecode.Exthdr;
import dev.nfkit.nftables.bytecode.Fib;
import dev.nfkit.nftables.bytecode.Generator;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.compile.KernelNumbers;
import dev.nfkit.nftables.expression.ConnectionKey;
import dev.nfkit.nftables.expression.ConnectionSelector;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.ExtensionPresence;
import dev.nfkit.nftables.expression.Hash;
import dev.nfkit.nftables.expression.Ipsec;
import dev.nfkit.nftables.expression.MapLookup;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.NumberGenerator;
import dev.nfkit.nftables.expression.OsFingerprint;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.expression.RawTcpOptionPresence;
import dev.nfkit.nftables.expression.Route;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SocketSelector;
import dev.nfkit.nftables.expression.SymmetricHash;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the instructions that load something into a register, or change what is in one. */
final class LoadReader {
    private static final long FIB_PRESENT = 0x20;
    private static final long OSF_VERSION = 1;

    private final RegisterFile registers;

    LoadReader(RegisterFile registers) {
        this.registers = registers;
    }

    void read(Bitwise bitwise, Expressions expressions) {
        if (bitwise instanceof Bitwise.Mask mask) {
            Loaded source = registers.get(mask.sreg());
            requireWhole(source, mask.length());
            boolean host = isHost(source, expressions);
            registers.put(
                    mask.dreg(),
                    new Loaded.Masked(
                            source,
                            Numbers.of(mask.mask(), host, expressions.machine()),
                            Numbers.of(mask.xor(), host, expressions.machine())));
            return;
        }
        Bitwise.Operation operation = (Bitwise.Operation) bitwise;
        boolean left = operation.op() == Bitwise.Op.LSHIFT;
        if ((!left && operation.op() != Bitwise.Op.RSHIFT) || operation.data() == null) {
            throw new UnreadableRuleException("operation " + operation.op());
        }
        Loaded source = registers.get(operation.sreg());
        requireWhole(source, operation.length());
        if (operation.data().length() != Integer.BYTES) {
            throw unknown("distance", operation.data());
        }
        registers.put(
                operation.dreg(),
                new Loaded.Shifted(source, left, operation.data().toNumber(expressions.machine())));
    }

    void read(Byteorder order) {
        Loaded source = registers.get(order.sreg());
        requireWhole(source, order.length());
        registers.put(order.dreg(), new Loaded.Network(source));
    }

    /** Keeps an operation on a part of a value, or on more, as it is. */
    static void requireWhole(Loaded source, int bytes) {
        boolean unknown = source instanceof Loaded.Known known && known.expression() instanceof MapLookup;
        if (!unknown && bytes != source.bytes()) {
            throw new UnreadableRuleException(
                    "an operation on " + bytes + " of the " + source.bytes() + " bytes of " + source);
        }
    }

    private static boolean isHost(Loaded loaded, Expressions expressions) {
        return !(loaded instanceof Loaded.Packet)
                && !(loaded instanceof Loaded.Option)
                && expressions.shape(loaded).host();
    }

    /** Reads a load; returns false for other instructions. */
    boolean read(Instruction instruction, SetReader sets) {
        if (instruction instanceof Payload.Load load) {
            registers.put(load.dreg(), new Loaded.Packet(base(load.base()), load.offset(), load.length()));
        } else if (instruction instanceof Exthdr.Load load) {
            readOption(load);
        } else if (instruction instanceof dev.nfkit.nftables.bytecode.Meta.Load load) {
            int number = KernelNumbers.of(load.key());
            put(load.dreg(), Meta.of(number).orElseThrow(() -> unknown("meta key", number)));
        } else if (instruction instanceof Ct.Load load) {
            put(load.dreg(), connection(load));
        } else if (instruction instanceof Fib fib) {
            readFib(fib);
        } else if (instruction instanceof Context context) {
            readContext(context);
        } else if (instruction instanceof Generator generator) {
            readGenerator(generator, sets);
        } else {
            return false;
        }
        return true;
    }

    /** Keeps an instruction with a flag that no statement has as it is. */
    static void requireFlags(String what, @Nullable Long flags, long known) {
        if (flags != null && (flags & ~known) != 0) {
            throw unknown("flags of " + what, flags);
        }
    }

    static UnreadableRuleException unknown(String what, Object value) {
        return new UnreadableRuleException(what + " " + value);
    }

    private void put(int register, Selector selector) {
        int bytes = Math.max(1, (selector.bits() + Byte.SIZE - 1) / Byte.SIZE);
        registers.put(register, new Loaded.Known(selector, bytes, selector.hostOrder()));
    }

    static PayloadBase base(Payload.Base base) {
        return switch (base) {
            case LINK -> PayloadBase.LINK;
            case NETWORK -> PayloadBase.NETWORK;
            case TRANSPORT -> PayloadBase.TRANSPORT;
            case INNER -> PayloadBase.INNER;
            case TUNNEL -> throw unknown("base", base);
        };
    }

    static ExtensionHeader.Family family(Exthdr.Op op) {
        return switch (op) {
            case IPV6 -> ExtensionHeader.Family.IPV6;
            case TCPOPT -> ExtensionHeader.Family.TCP;
            case IPV4 -> ExtensionHeader.Family.IPV4;
            case SCTP -> ExtensionHeader.Family.SCTP;
            case DCCP -> throw unknown("extension header", op);
        };
    }

    private void readOption(Exthdr.Load load) {
        ExtensionHeader.Family family = family(load.op());
        if (load.present()) {
            put(load.dreg(), presence(family, load.type()));
        } else {
            registers.put(load.dreg(), new Loaded.Option(family, load.type(), load.offset(), load.length()));
        }
    }

    private static Selector presence(ExtensionHeader.Family family, int number) {
        Optional<ExtensionHeader> known = Arrays.stream(ExtensionHeader.values())
                .filter(candidate -> candidate.family() == family && candidate.number() == number)
                .findFirst();
        if (known.isEmpty() && family == ExtensionHeader.Family.TCP) {
            return new RawTcpOptionPresence(number);
        }
        return new ExtensionPresence(known.orElseThrow(() -> unknown("header", number)));
    }

    static ConnectionSelector connection(Ct.Load load) {
        return connection(KernelNumbers.of(load.key()), load.direction());
    }

    static ConnectionSelector connection(int number, Ct.@Nullable Direction direction) {
        ConnectionKey key = ConnectionKey.of(number).orElseThrow(() -> unknown("ct key", number));
        if (direction == null) {
            return ConnectionSelector.of(key);
        }
        return ConnectionSelector.of(
                key,
                direction == Ct.Direction.ORIGINAL
                        ? ConnectionSelector.Direction.ORIGINAL
                        : ConnectionSelector.Direction.REPLY);
    }

    private void readFib(Fib fib) {
        Set<dev.nfkit.nftables.expression.Fib.Key> keys = EnumSet.noneOf(dev.nfkit.nftables.expression.Fib.Key.class);
        for (dev.nfkit.nftables.expression.Fib.Key key : dev.nfkit.nftables.expression.Fib.Key.values()) {
            if ((fib.flags() & key.bit()) != 0) {
                keys.add(key);
            }
        }
        dev.nfkit.nftables.expression.Fib.Result result = switch (fib.result()) {
            case OIF -> dev.nfkit.nftables.expression.Fib.Result.OIF;
            case OIFNAME -> dev.nfkit.nftables.expression.Fib.Result.OIFNAME;
            case ADDRTYPE -> dev.nfkit.nftables.expression.Fib.Result.TYPE;
            case UNSPEC -> throw unknown("fib result", fib.result());
        };
        dev.nfkit.nftables.expression.Fib expression = new dev.nfkit.nftables.expression.Fib(keys, result);
        if ((fib.flags() & FIB_PRESENT) != 0) {
            registers.put(fib.dreg(), new Loaded.Present(expression));
        } else {
            put(fib.dreg(), expression);
        }
    }

    private void readContext(Context context) {
        if (context instanceof Context.Rt rt) {
            put(rt.dreg(), KernelNumbers.constant(Route.values(), KernelNumbers.of(rt.key())));
        } else if (context instanceof Context.Socket socket) {
            Integer level = socket.level();
            SocketSelector.Key key =
                    KernelNumbers.constant(SocketSelector.Key.values(), KernelNumbers.of(socket.key()));
            put(
                    socket.dreg(),
                    new SocketSelector(key, level == null || key != SocketSelector.Key.CGROUPV2 ? 0 : level));
        } else if (context instanceof Context.Osf osf) {
            OsFingerprint.Ttl ttl = KernelNumbers.constant(OsFingerprint.Ttl.values(), osf.ttl());
            put(osf.dreg(), new OsFingerprint(ttl, (osf.flags() & OSF_VERSION) != 0));
        } else if (context instanceof Context.Xfrm xfrm) {
            Ipsec.Key key = Arrays.stream(Ipsec.Key.values())
                    .filter(candidate -> candidate.number() == KernelNumbers.of(xfrm.key()))
                    .findFirst()
                    .orElseThrow(() -> unknown("xfrm key", xfrm.key()));
            put(xfrm.dreg(), new Ipsec(xfrm.out(), xfrm.index(), key));
        } else {
            throw unknown("instruction", context.name());
        }
    }

    private void readGenerator(Generator generator, SetReader sets) {
        if (generator instanceof Generator.Numgen numgen) {
            NumberGenerator.Mode mode =
                    numgen.random() ? NumberGenerator.Mode.RANDOM : NumberGenerator.Mode.INCREMENTAL;
            put(numgen.dreg(), new NumberGenerator(mode, numgen.modulus(), numgen.offset()));
        } else if (generator instanceof Generator.Symhash symhash) {
            put(symhash.dreg(), new SymmetricHash(symhash.modulus(), symhash.offset()));
        } else {
            Generator.Jhash hash = (Generator.Jhash) generator;
            Long seed = hash.seed();
            put(
                    hash.dreg(),
                    new Hash(
                            sets.key(hash.sreg(), hash.length()),
                            hash.modulus(),
                            seed == null || seed == 0 ? OptionalLong.empty() : OptionalLong.of(seed),
                            hash.offset()));
        }
    }
}
