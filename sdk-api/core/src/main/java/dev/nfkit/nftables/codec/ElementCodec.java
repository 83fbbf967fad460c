// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Data;
import dev.nfkit.nftables.bytecode.DataReader;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.bytecode.InstructionWriter;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.expression.Text;
import dev.nfkit.nftables.expression.Verdict;
import dev.nfkit.nftables.expression.Wildcard;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageWriter;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Elements of a set as bytes ({@code NFTA_SET_ELEM_*}). One thread at a time. */
public final class ElementCodec {
    /** {@code NFT_SET_ELEM_INTERVAL_END}. */
    static final int INTERVAL_END = 1;
    /** {@code NFT_SET_ELEM_CATCHALL}. */
    static final int CATCHALL = 2;

    private static final int COMMENT = 0;

    private final KeyLayout key;
    private final @Nullable KeyLayout data;
    private final ByteOrder order;
    private final DataReader reader = new DataReader();
    private final InstructionReader instructions = new InstructionReader();

    /**
     * A codec of a set's elements.
     *
     * @param key the layout of keys
     * @param data the layout of data; null if there is none, or it is a verdict or an object
     * @param order the byte order of the host
     */
    public ElementCodec(KeyLayout key, @Nullable KeyLayout data, ByteOrder order) {
        this.key = key;
        this.data = data;
        this.order = order;
    }

    /**
     * Writes an element: two for an interval of a set without concatenation, its start and what follows its end.
     *
     * @param writer the target, inside {@code NFTA_SET_ELEM_LIST_ELEMENTS}
     * @param element the element
     * @param keyOnly whether only what identifies the element is written
     * @throws IllegalArgumentException if it does not fit the set's types
     */
    public void write(MessageWriter writer, SetElement element, boolean keyOnly) {
        int nest = writer.beginNest(Nfta.LIST_ELEM);
        Expression value = element.key();
        if (value == Wildcard.ANY) {
            writer.be32(Nfta.SET_ELEM_FLAGS, CATCHALL);
            content(writer, element, keyOnly);
            writer.endNest(nest);
            return;
        }
        Constant.of(key.low(value, order)).write(writer, Nfta.SET_ELEM_KEY);
        boolean ranges = key.interval();
        if (ranges && key.fields().size() > 1) {
            Constant.of(key.high(value, order)).write(writer, Nfta.SET_ELEM_KEY_END);
        }
        content(writer, element, keyOnly);
        writer.endNest(nest);
        if (ranges && key.fields().size() == 1) {
            byte[] end = after(key.high(value, order));
            if (end != null) {
                int second = writer.beginNest(Nfta.LIST_ELEM);
                Constant.of(end).write(writer, Nfta.SET_ELEM_KEY);
                writer.be32(Nfta.SET_ELEM_FLAGS, INTERVAL_END);
                writer.endNest(second);
            }
        }
    }

    /**
     * Requires that an element fits the set's types.
     *
     * @param element the element
     * @throws IllegalArgumentException if it does not
     */
    public void check(SetElement element) {
        if (element.key() != Wildcard.ANY) {
            key.low(element.key(), order);
            key.high(element.key(), order);
        }
        element.data().ifPresent(value -> {
            if (data != null) {
                data.low(value, order);
            } else if (!(value instanceof Verdict) && !(value instanceof Text)) {
                throw notData(value);
            }
        });
        element.state().forEach(StateCodec::instruction);
    }

    /**
     * What identifies an element, to compare it with others.
     *
     * @param element the element
     * @return the first and the last key; empty for the element that matches what no other does
     * @throws IllegalArgumentException if it does not fit the set's types
     */
    public ByteBuffer key(SetElement element) {
        Expression value = element.key();
        if (value == Wildcard.ANY) {
            return ByteBuffer.allocate(0);
        }
        byte[] low = key.low(value, order);
        byte[] high = key.high(value, order);
        return ByteBuffer.allocate(low.length + high.length).put(low).put(high).flip();
    }

    /**
     * Whether two elements have the same data.
     *
     * @param one an element
     * @param other another one
     * @return whether the kernel would store the same
     * @throws IllegalArgumentException if they do not fit the set's types
     */
    public boolean sameData(SetElement one, SetElement other) {
        if (data == null || one.data().isEmpty() || other.data().isEmpty()) {
            return one.data().equals(other.data());
        }
        return Arrays.equals(
                data.low(one.data().get(), order), data.low(other.data().get(), order));
    }

    private static IllegalArgumentException notData(Expression value) {
        return new IllegalArgumentException(
                "the data " + KeyText.of(value) + " is neither a verdict nor an object's name");
    }

    private void content(MessageWriter writer, SetElement element, boolean keyOnly) {
        if (keyOnly) {
            return;
        }
        element.data().ifPresent(value -> data(writer, value));
        element.timeout().ifPresent(time -> writer.be64(Nfta.SET_ELEM_TIMEOUT, time.toMillis()));
        element.expires().ifPresent(time -> writer.be64(Nfta.SET_ELEM_EXPIRATION, time.toMillis()));
        element.comment()
                .ifPresent(text -> writer.bytes(
                        Nfta.SET_ELEM_USERDATA,
                        new UserData().text(COMMENT, text).toArray()));
        List<Instruction> states =
                element.state().stream().map(StateCodec::instruction).toList();
        if (states.size() == 1) { // the only form before 5.12
            InstructionWriter.write(writer, Nfta.SET_ELEM_EXPR, states.get(0));
        } else if (!states.isEmpty()) {
            InstructionWriter.write(writer, Nfta.SET_ELEM_EXPRESSIONS, states);
        }
    }

    private void data(MessageWriter writer, Expression value) {
        if (value instanceof Verdict verdict) {
            Verdicts.toData(verdict).write(writer, Nfta.SET_ELEM_DATA);
        } else if (data != null) {
            Constant.of(data.low(value, order)).write(writer, Nfta.SET_ELEM_DATA);
        } else if (value instanceof Text name) {
            writer.string(Nfta.SET_ELEM_OBJREF, name.text());
        } else {
            throw notData(value);
        }
    }

    /** The next row of bytes; null after the last one. */
    static byte @Nullable [] after(byte... row) {
        byte[] next = row.clone();
        for (int i = next.length - 1; i >= 0; i--) {
            if (++next[i] != 0) {
                return next;
            }
        }
        return null;
    }

    /** The expression of a stored element that is complete by itself. */
    SetElement complete(StoredElement stored) {
        byte[] low = stored.key();
        byte[] high = stored.keyEnd();
        return low == null ? stored.element() : stored.with(key.read(low, high == null ? low : high, order));
    }

    /** The element from a stored start to a last key. */
    SetElement joined(StoredElement start, byte[] last) {
        byte[] low = start.key();
        return low == null ? start.element() : start.with(key.read(low, last, order));
    }

    /**
     * One element as it was written, in words.
     *
     * @param element the value of {@code NFTA_LIST_ELEM}
     * @return the key, of an interval its start or its end; empty if the bytes are no element
     */
    public Optional<String> describe(Bytes element) {
        ByteBuffer bytes = ByteBuffer.wrap(element.toArray());
        try {
            StoredElement stored =
                    read(new AttributeCursor().wrap(bytes, 0, bytes.capacity(), order, "NFTA_LIST_ELEM"));
            byte[] end = stored.key();
            if (stored.ends() && end != null) {
                byte[] last = ElementReader.before(end);
                return Optional.of("the interval up to " + KeyText.of(key.read(last, last, order)));
            }
            return Optional.of(KeyText.of(complete(stored).key()));
        } catch (MalformedMessageException e) {
            return Optional.empty();
        }
    }

    /** Whether intervals are stored as two elements. */
    boolean pairs() {
        return key.interval() && key.fields().size() == 1;
    }

    StoredElement read(AttributeCursor element) throws MalformedMessageException {
        byte[] low = null;
        byte[] high = null;
        int flags = 0;
        Expression value = null;
        Duration timeout = null;
        Duration expires = null;
        String comment = null;
        List<Stateful> states = new ArrayList<>();
        while (element.next()) {
            switch (element.type()) {
                case Nfta.SET_ELEM_KEY -> low = constant(element);
                case Nfta.SET_ELEM_KEY_END -> high = constant(element);
                case Nfta.SET_ELEM_FLAGS -> flags = (int) element.be32();
                case Nfta.SET_ELEM_DATA -> value = value(element);
                case Nfta.SET_ELEM_OBJREF -> value = object(element);
                case Nfta.SET_ELEM_TIMEOUT -> timeout = millis(element);
                case Nfta.SET_ELEM_EXPIRATION -> expires = millis(element);
                case Nfta.SET_ELEM_USERDATA ->
                    comment = UserData.read(element.bytes(new BytesView()))
                            .text(COMMENT)
                            .orElse(null);
                case Nfta.SET_ELEM_EXPR ->
                    state(states, instructions.read(element.nest(new AttributeCursor(), "NFTA_SET_ELEM_EXPR")));
                case Nfta.SET_ELEM_EXPRESSIONS -> {
                    for (Instruction each :
                            instructions.readList(element.nest(new AttributeCursor(), "NFTA_SET_ELEM_EXPRESSIONS"))) {
                        state(states, each);
                    }
                }
                default -> {}
            }
        }
        if (low == null && (flags & CATCHALL) == 0) {
            throw new MalformedMessageException("NFTA_SET_ELEM", 0, "NFTA_SET_ELEM_KEY", "none");
        }
        return new StoredElement(
                low,
                high,
                flags,
                new SetElement(
                        Wildcard.ANY,
                        Optional.ofNullable(value),
                        Optional.ofNullable(timeout),
                        Optional.ofNullable(expires),
                        Optional.ofNullable(comment),
                        states));
    }

    private static void state(List<Stateful> states, Instruction instruction) {
        Stateful state = StateCodec.statement(instruction);
        if (state != null) {
            states.add(state);
        }
    }

    /** A time in milliseconds; null for 0, which is none. */
    private static @Nullable Duration millis(AttributeCursor at) throws MalformedMessageException {
        long millis = at.be64();
        return millis <= 0 ? null : Duration.ofMillis(millis);
    }

    private byte[] constant(AttributeCursor at) throws MalformedMessageException {
        if (reader.read(at) instanceof Constant constant) {
            return constant.toArray();
        }
        throw new MalformedMessageException("NFTA_SET_ELEM_KEY", at.offset(), "1 to 64 bytes", "another form");
    }

    private @Nullable Expression value(AttributeCursor at) throws MalformedMessageException {
        Data read = reader.read(at);
        if (read instanceof dev.nfkit.nftables.bytecode.Verdict verdict) {
            return Verdicts.toExpression(verdict);
        }
        if (!(read instanceof Constant constant)) {
            return null;
        }
        byte[] bytes = constant.toArray();
        return data == null
                ? new dev.nfkit.nftables.expression.Constant(
                        DataType.INTEGER, Byte.SIZE * bytes.length, new BigInteger(1, bytes))
                : data.read(bytes, bytes, order);
    }

    private static Expression object(AttributeCursor at) throws MalformedMessageException {
        try {
            return new Text(DataType.STRING, at.string(), false);
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException(
                    "NFTA_SET_ELEM_OBJREF", at.offset(), "an object's name", "" + e.getMessage());
        }
    }
}
