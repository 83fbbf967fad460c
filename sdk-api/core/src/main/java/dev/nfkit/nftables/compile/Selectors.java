// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Context;
import dev.nfkit.nftables.bytecode.Ct;
import dev.nfkit.nftables.bytecode.CtKey;
import dev.nfkit.nftables.bytecode.Exthdr;
import dev.nfkit.nftables.bytecode.Fib;
import dev.nfkit.nftables.bytecode.Generator;
import dev.nfkit.nftables.bytecode.MetaKey;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.expression.ConnectionKey;
import dev.nfkit.nftables.expression.ConnectionSelector;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.ExtensionField;
import dev.nfkit.nftables.expression.ExtensionHeader;
import dev.nfkit.nftables.expression.ExtensionPresence;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.Ipsec;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.NumberGenerator;
import dev.nfkit.nftables.expression.OsFingerprint;
import dev.nfkit.nftables.expression.PayloadBase;
import dev.nfkit.nftables.expression.RawPayload;
import dev.nfkit.nftables.expression.RawTcpOption;
import dev.nfkit.nftables.expression.RawTcpOptionPresence;
import dev.nfkit.nftables.expression.Route;
import dev.nfkit.nftables.expression.Selector;
import dev.nfkit.nftables.expression.SocketSelector;
import dev.nfkit.nftables.expression.SymmetricHash;
import dev.nfkit.nftables.statement.InvalidRuleException;
import java.math.BigInteger;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Loads what selectors read into registers. */
final class Selectors {
    /** {@code NFTA_FIB_F_PRESENT}. */
    private static final long FIB_PRESENT = 0x20;
    /** {@code NF_OSF_VERSION}, as a flag of the instruction. */
    private static final long OSF_VERSION = 1;

    private final Code code;

    Selectors(Code code) {
        this.code = code;
    }

    static MetaKey key(Meta key) {
        return KernelNumbers.constant(MetaKey.values(), key.number());
    }

    static CtKey key(ConnectionKey key) {
        return KernelNumbers.constant(CtKey.values(), key.number());
    }

    static Ct.@Nullable Direction direction(ConnectionSelector selector) {
        return selector.direction()
                .map(direction -> KernelNumbers.same(Ct.Direction.values(), direction))
                .orElse(null);
    }

    static Payload.Base base(PayloadBase base) {
        return KernelNumbers.constant(Payload.Base.values(), base.number());
    }

    /** Loads a selector at a word, and masks the bits of other fields out. */
    Operand load(Selector selector, int word) {
        if (selector instanceof HeaderField field) {
            return bits(field.protocol().base(), field.offset(), field.bits(), word);
        } else if (selector instanceof RawPayload raw) {
            return bits(raw.base(), raw.offset(), raw.bits(), word);
        } else if (selector instanceof ExtensionField field) {
            return option(operation(field.header()), field.header().number(), field.offset(), field.bits(), word);
        } else if (selector instanceof RawTcpOption raw) {
            return option(Exthdr.Op.TCPOPT, raw.kind(), raw.offset(), raw.bits(), word);
        }
        loadWhole(selector, Code.register(word));
        int bytes = Math.max(1, (selector.bits() + Byte.SIZE - 1) / Byte.SIZE);
        boolean text = selector.type().kind() == DataType.Kind.TEXT;
        return new Operand(word, bytes, selector.hostOrder() && !text, 0);
    }

    private void loadWhole(Selector selector, int register) {
        if (selector instanceof Meta meta) {
            code.add(new dev.nfkit.nftables.bytecode.Meta.Load(key(meta), register));
        } else if (selector instanceof ConnectionSelector connection) {
            code.add(new Ct.Load(key(connection.key()), direction(connection), register));
        } else if (selector instanceof ExtensionPresence presence) {
            ExtensionHeader header = presence.header();
            code.add(new Exthdr.Load(operation(header), header.number(), 0, 1, true, register));
        } else if (selector instanceof RawTcpOptionPresence presence) {
            code.add(new Exthdr.Load(Exthdr.Op.TCPOPT, presence.kind(), 0, 1, true, register));
        } else if (selector instanceof Route route) {
            code.add(new Context.Rt(KernelNumbers.constant(Context.Rt.RtKey.values(), route.number()), register));
        } else if (selector instanceof dev.nfkit.nftables.expression.Fib fib) {
            loadFib(fib, 0, register);
        } else if (selector instanceof SocketSelector socket) {
            Integer level = socket.key() == SocketSelector.Key.CGROUPV2 ? socket.level() : null;
            code.add(new Context.Socket(
                    KernelNumbers.same(Context.Socket.SocketKey.values(), socket.key()), register, level));
        } else if (selector instanceof OsFingerprint osf) {
            code.add(new Context.Osf(register, KernelNumbers.of(osf.ttl()), osf.version() ? OSF_VERSION : 0));
        } else if (selector instanceof NumberGenerator generator) {
            boolean random = generator.mode() == NumberGenerator.Mode.RANDOM;
            code.add(new Generator.Numgen(register, generator.modulus(), random, generator.offset()));
        } else if (selector instanceof SymmetricHash hash) {
            code.add(new Generator.Symhash(register, hash.modulus(), hash.offset()));
        } else if (selector instanceof Ipsec ipsec) {
            code.add(new Context.Xfrm(
                    KernelNumbers.constant(
                            Context.Xfrm.XfrmKey.values(), ipsec.key().number()),
                    ipsec.outgoing(),
                    ipsec.index(),
                    register));
        } else {
            throw new InvalidRuleException("cannot load " + selector);
        }
    }

    /** Loads whether a routing lookup has a result. */
    Operand loadFibPresence(dev.nfkit.nftables.expression.Fib fib, int word) {
        loadFib(fib, FIB_PRESENT, Code.register(word));
        // nft compares all the bytes that the result would have without the flag.
        return new Operand(word, fib.bits() / Byte.SIZE, true, 0);
    }

    private void loadFib(dev.nfkit.nftables.expression.Fib fib, long flags, int register) {
        long bits = flags;
        for (dev.nfkit.nftables.expression.Fib.Key key : fib.keys()) {
            bits |= key.bit();
        }
        code.add(
                new Fib(KernelNumbers.constant(Fib.Result.values(), fib.result().number()), bits, register));
    }

    static Exthdr.Op operation(ExtensionHeader header) {
        return KernelNumbers.same(Exthdr.Op.values(), header.family());
    }

    private Operand bits(PayloadBase base, int offset, int bits, int word) {
        int first = offset / Byte.SIZE;
        int bytes = (offset % Byte.SIZE + bits + Byte.SIZE - 1) / Byte.SIZE;
        code.add(new Payload.Load(base(base), first, bytes, Code.register(word)));
        return masked(word, bytes, offset % Byte.SIZE, bits);
    }

    private Operand option(Exthdr.Op operation, int number, int offset, int bits, int word) {
        int first = offset / Byte.SIZE;
        int bytes = (offset % Byte.SIZE + bits + Byte.SIZE - 1) / Byte.SIZE;
        code.add(new Exthdr.Load(operation, number, first, bytes, false, Code.register(word)));
        return masked(word, bytes, offset % Byte.SIZE, bits);
    }

    private Operand masked(int word, int bytes, int skipped, int bits) {
        int shift = bytes * Byte.SIZE - skipped - bits;
        Operand operand = new Operand(word, bytes, false, shift);
        if (bits < bytes * Byte.SIZE) {
            byte[] mask = ValueBytes.number(
                    ones(bits).shiftLeft(shift), bytes, false, ByteOrder.BIG_ENDIAN, DataType.BITMASK);
            code.mask(operand, mask, new byte[bytes]);
        }
        return operand;
    }

    static BigInteger ones(int bits) {
        return BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
    }
}
