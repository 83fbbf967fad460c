// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.decompile;

import dev.nfkit.nftables.bytecode.Registers;
import dev.nfkit.nftables.compile.CompiledSet;
import dev.nfkit.nftables.expression.Concatenation;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetLiteral;
import dev.nfkit.nftables.expression.SetReference;
import dev.nfkit.nftables.expression.SetType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads what rules look up: the key in registers, and the set, by its name or with its elements. */
final class SetReader {
    private final Expressions expressions;
    private final RegisterFile registers;
    private final SetType.Lookup named;
    private final Function<String, @Nullable CompiledSet> anonymous;

    /**
     * A set that was found.
     *
     * @param key what is looked up
     * @param set the set
     * @param dataBytes the bytes of a map's data; 0 if they are not known
     */
    record Found(Expression key, Expression set, int dataBytes) {}

    SetReader(
            Expressions expressions,
            RegisterFile registers,
            SetType.Lookup named,
            Function<String, @Nullable CompiledSet> anonymous) {
        this.expressions = expressions;
        this.registers = registers;
        this.named = named;
        this.anonymous = anonymous;
    }

    Found find(String name, int sreg) {
        CompiledSet set = anonymous.apply(name);
        if (set == null || (set.flags() & CompiledSet.ANONYMOUS) == 0) {
            int parts = named.find(name).map(type -> type.key().size()).orElse(1);
            List<Shape> key = shapes(sreg, parts);
            return new Found(expression(key), new SetReference(name), 1);
        }
        List<Shape> key = shapesOfBytes(sreg, set.keyBytes());
        ElementReader reader = new ElementReader(key, set.type().data(), expressions.machine());
        boolean pairs = (set.flags() & CompiledSet.INTERVAL) != 0 && key.size() == 1;
        List<SetElement> elements = pairs ? reader.intervals(set.elements()) : reader.values(set.elements());
        return new Found(expression(key), new SetLiteral(elements), Math.max(1, set.dataBytes()));
    }

    /** The type of a set, named or not. */
    Optional<SetType> type(String name) {
        CompiledSet set = anonymous.apply(name);
        return set == null ? named.find(name) : Optional.of(set.type());
    }

    /** Whether a set belongs to a meter: the rule itself creates it, and it is not anonymous. */
    boolean isMeter(String name) {
        CompiledSet set = anonymous.apply(name);
        int meter = CompiledSet.ANONYMOUS | CompiledSet.EVAL;
        return set != null && (set.flags() & meter) == meter;
    }

    OptionalLong size(String name) {
        CompiledSet set = anonymous.apply(name);
        return set == null || set.size() == 0 ? OptionalLong.empty() : OptionalLong.of(set.size());
    }

    int objectType(String name) {
        CompiledSet set = anonymous.apply(name);
        if (set == null) {
            throw new UnreadableRuleException("the kind of objects in map " + name + " is not known");
        }
        return set.objectType();
    }

    /** The parts of a key in consecutive registers. */
    List<Shape> shapes(int sreg, int parts) {
        List<Shape> shapes = new ArrayList<>();
        int word = Registers.word(sreg);
        for (int i = 0; i < parts; i++) {
            Loaded loaded = registers.at(word);
            shapes.add(expressions.shape(loaded));
            word += (loaded.bytes() + 3) / 4;
        }
        return shapes;
    }

    /** The expression of a number of bytes in consecutive registers. */
    Expression key(int sreg, int bytes) {
        return expression(shapesOfBytes(sreg, bytes));
    }

    private List<Shape> shapesOfBytes(int sreg, int bytes) {
        List<Shape> shapes = new ArrayList<>();
        int first = Registers.word(sreg);
        int word = first;
        Loaded part = registers.at(word);
        while ((word - first) * Integer.BYTES < bytes) {
            part = registers.at(word);
            shapes.add(expressions.shape(part));
            word += (part.bytes() + 3) / 4;
        }
        if ((word - first) * Integer.BYTES - bytes >= Integer.BYTES) {
            throw new UnreadableRuleException("a key of " + bytes + " bytes that ends within a value");
        }
        if (shapes.size() == 1) {
            LoadReader.requireWhole(part, bytes);
        }
        return shapes;
    }

    static Expression expression(List<Shape> key) {
        List<Expression> parts = key.stream().map(Shape::expression).toList();
        return parts.size() == 1 ? parts.get(0) : new Concatenation(parts);
    }
}
