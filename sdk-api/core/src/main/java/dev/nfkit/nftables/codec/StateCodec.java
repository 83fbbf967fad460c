// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.bytecode.Stateful.Connlimit;
import dev.nfkit.nftables.bytecode.Stateful.Last;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.statement.ConnectionLimit;
import dev.nfkit.nftables.statement.Counter;
import dev.nfkit.nftables.statement.LastUse;
import dev.nfkit.nftables.statement.Limit;
import dev.nfkit.nftables.statement.ObjectStatement;
import dev.nfkit.nftables.statement.Quota;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Statements that keep a state, to instructions and back. */
public final class StateCodec {
    private static final int SCRATCH = 512;
    /** The names of the instructions of objects, by the kernel's numbers of their kinds. */
    private static final Map<Integer, String> NAMES = Map.of(
            ObjectStatement.Kind.COUNTER.number(), "counter",
            ObjectStatement.Kind.QUOTA.number(), "quota",
            ObjectStatement.Kind.LIMIT.number(), "limit",
            ObjectStatement.Kind.CONNLIMIT.number(), "connlimit");

    private StateCodec() {}

    /**
     * The instruction of a statement.
     *
     * @param state a counter, limit, quota, limit of connections or time of last use
     * @return the instruction
     * @throws IllegalArgumentException if it is another one
     */
    public static Instruction instruction(Stateful state) {
        if (state instanceof Counter counter) {
            return new dev.nfkit.nftables.bytecode.Stateful.Counter(counter.packets(), counter.bytes());
        }
        if (state instanceof Limit limit) {
            return new dev.nfkit.nftables.bytecode.Stateful.Limit(
                    limit.rate(),
                    limit.unit().seconds(),
                    limit.burst(),
                    limit.bytes(),
                    limit.over() ? dev.nfkit.nftables.bytecode.Stateful.Limit.INVERT : 0);
        }
        if (state instanceof Quota quota) {
            return new dev.nfkit.nftables.bytecode.Stateful.Quota(
                    quota.bytes(), quota.used(), quota.over() ? dev.nfkit.nftables.bytecode.Stateful.Quota.INVERT : 0);
        }
        if (state instanceof ConnectionLimit limit) {
            return new Connlimit(limit.count(), limit.over() ? Connlimit.INVERT : 0);
        }
        if (state instanceof LastUse last) {
            return new Last(last.used().map(Duration::toMillis).orElse(null));
        }
        throw new IllegalArgumentException(state + " cannot be kept by an element or object");
    }

    /**
     * The statement of an instruction.
     *
     * @param instruction the instruction
     * @return the statement; null if there is none for it
     */
    public static @Nullable Stateful statement(Instruction instruction) {
        try {
            return known(instruction);
        } catch (IllegalArgumentException e) {
            return null; // numbers that the statement cannot have
        }
    }

    private static @Nullable Stateful known(Instruction instruction) {
        if (instruction instanceof dev.nfkit.nftables.bytecode.Stateful.Counter counter) {
            return new Counter(counter.packets(), counter.bytes());
        }
        if (instruction instanceof dev.nfkit.nftables.bytecode.Stateful.Limit limit) {
            boolean over = (limit.flags() & dev.nfkit.nftables.bytecode.Stateful.Limit.INVERT) != 0;
            for (Limit.Unit unit : Limit.Unit.values()) {
                if (unit.seconds() == limit.unit()) {
                    return new Limit(limit.rate(), unit, limit.burst(), limit.ofBytes(), over);
                }
            }
            return null;
        }
        if (instruction instanceof dev.nfkit.nftables.bytecode.Stateful.Quota quota) {
            boolean over = (quota.flags() & dev.nfkit.nftables.bytecode.Stateful.Quota.INVERT) != 0;
            return new Quota(quota.bytes(), quota.consumed(), over);
        }
        if (instruction instanceof Connlimit limit) {
            return new ConnectionLimit(limit.count(), (limit.flags() & Connlimit.INVERT) != 0);
        }
        if (instruction instanceof Last last) {
            Long millis = last.millis();
            return new LastUse(millis == null ? Optional.empty() : Optional.of(Duration.ofMillis(millis)));
        }
        return null;
    }

    /**
     * The kind of object that a statement may be.
     *
     * @param state the statement
     * @return the kind
     * @throws IllegalArgumentException if there are no such objects
     */
    public static ObjectStatement.Kind objectKind(Stateful state) {
        if (state instanceof Counter) {
            return ObjectStatement.Kind.COUNTER;
        }
        if (state instanceof Quota) {
            return ObjectStatement.Kind.QUOTA;
        }
        if (state instanceof Limit) {
            return ObjectStatement.Kind.LIMIT;
        }
        if (state instanceof ConnectionLimit) {
            return ObjectStatement.Kind.CONNLIMIT;
        }
        throw new IllegalArgumentException("there are no objects of " + state);
    }

    /**
     * The attributes of an object: those of the instruction, without its name.
     *
     * @param state the statement
     * @param order the byte order of the host
     * @return the contents of {@code NFTA_OBJ_DATA}
     */
    public static byte[] objectData(Stateful state, ByteOrder order) {
        MessageWriter writer = new MessageWriter(SCRATCH, order);
        InstructionWriter.write(writer, 1, instruction(state));
        ByteBuffer written = writer.datagram();
        AttributeCursor whole = new AttributeCursor().wrap(written, 0, written.limit(), order, "object");
        try {
            whole.next();
            AttributeCursor parts = whole.nest(new AttributeCursor(), "instruction");
            while (parts.next()) {
                if (parts.type() == Nfta.EXPR_DATA) {
                    return parts.bytes(new BytesView()).toArray();
                }
            }
            return new byte[0];
        } catch (MalformedMessageException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Reads the attributes of an object.
     *
     * @param kind the kernel's number of its kind
     * @param data the contents of {@code NFTA_OBJ_DATA}
     * @param order the byte order of the host
     * @return the statement; null for kinds and contents that have none
     * @throws MalformedMessageException if the bytes are malformed
     */
    public static @Nullable Stateful readObject(int kind, Bytes data, ByteOrder order)
            throws MalformedMessageException {
        String name = NAMES.get(kind);
        if (name == null || data.length() > SCRATCH / 2) {
            return null;
        }
        MessageWriter writer = new MessageWriter(SCRATCH, order);
        writer.string(Nfta.EXPR_NAME, name);
        int nest = writer.beginNest(Nfta.EXPR_DATA);
        writer.raw(data.toArray()).endNest(nest);
        ByteBuffer written = writer.datagram();
        AttributeCursor whole = new AttributeCursor().wrap(written, 0, written.limit(), order, "NFTA_OBJ_DATA");
        return statement(new InstructionReader().read(whole));
    }
}
