// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads instructions ({@code NFTA_LIST_*}, {@code NFTA_EXPR_*}). Reusable. One thread at a time.
 *
 * <p>Bytes that are no attributes, or attributes that are too short, are malformed. Everything else that no record models
 * becomes an {@link UnknownInstruction}.
 */
public final class InstructionReader {
    /** Instructions inside instructions; the kernel has two levels ({@code nft_dynset.c}, {@code nft_inner.c}). */
    private static final int DEPTH = 4;

    private final @Nullable Level[] levels = new @Nullable Level[DEPTH];
    private final DataReader data = new DataReader();
    private int depth;

    /** The cursors of one level of nesting. */
    private static final class Level {
        final AttributeCursor element = new AttributeCursor();
        final AttributeCursor content = new AttributeCursor();
        final AttributeCursor list = new AttributeCursor();
        final AttributeValues values = new AttributeValues();
        final BytesView raw = new BytesView();
        final BytesView bytes = new BytesView();
    }

    /** Makes a reader. */
    public InstructionReader() {}

    /** The cursors of the present level, made when it is reached first: most rules need one level of four. */
    private Level level() {
        Level level = levels[depth];
        if (level == null) {
            level = new Level();
            levels[depth] = level;
        }
        return level;
    }

    /**
     * Reads a list of instructions.
     *
     * @param list a cursor before the first {@code NFTA_LIST_ELEM}, inside {@code NFTA_RULE_EXPRESSIONS} for example
     * @return the instructions in order, unmodifiable
     * @throws MalformedMessageException if the bytes are malformed
     */
    public List<Instruction> readList(AttributeCursor list) throws MalformedMessageException {
        depth = 0;
        return list(list);
    }

    /**
     * Reads one instruction.
     *
     * @param element a cursor before {@code NFTA_EXPR_NAME}, inside {@code NFTA_SET_ELEM_EXPR} for example
     * @return the instruction
     * @throws MalformedMessageException if the bytes are malformed
     */
    public Instruction read(AttributeCursor element) throws MalformedMessageException {
        depth = 0;
        return one(element);
    }

    private List<Instruction> list(AttributeCursor list) throws MalformedMessageException {
        List<Instruction> instructions = new ArrayList<>();
        int start = -1;
        while (list.next()) {
            start = start < 0 ? list.offset() : start;
            if (list.type() != AttributeSink.LIST_ELEM) {
                throw new MalformedMessageException(
                        "NFTA_LIST_*", list.offset() - start, "NFTA_LIST_ELEM", "attribute " + list.type());
            }
            instructions.add(inner(list));
        }
        return List.copyOf(instructions);
    }

    /** The instruction inside the attribute that the cursor is at. */
    private Instruction inner(AttributeCursor at) throws MalformedMessageException {
        if (depth >= DEPTH) {
            throw malformed("NFTA_EXPR_DATA", DEPTH + " levels of instructions at most", "another one");
        }
        return one(at.nestAt(level().element, "NFTA_EXPR_*"));
    }

    private Instruction one(AttributeCursor element) throws MalformedMessageException {
        Level level = level();
        String name = null;
        boolean hasData = false;
        while (element.next()) {
            switch (element.type()) {
                case AttributeSink.NAME -> name = DataReader.text(element);
                case AttributeSink.DATA -> {
                    hasData = true;
                    element.bytes(level.raw);
                    element.nestAt(level.content, "NFTA_EXPR_DATA");
                }
                default -> {} // the kernel has no other
            }
        }
        if (name == null || name.isEmpty()) {
            throw malformed("NFTA_EXPR_*", "a name in NFTA_EXPR_NAME", "none");
        }
        Instruction known = known(Formats.of(name), level, hasData);
        if (known != null) {
            return known;
        }
        try {
            return new UnknownInstruction(name, hasData ? Opaque.of(level.raw) : null);
        } catch (IllegalArgumentException e) {
            throw malformed("NFTA_EXPR_NAME", "a name", "" + e.getMessage());
        }
    }

    private @Nullable Instruction known(@Nullable Format format, Level level, boolean hasData)
            throws MalformedMessageException {
        if (format == null || hasData == format.empty()) {
            return null;
        }
        AttributeValues values = level.values;
        values.clear();
        boolean modelled = true;
        while (hasData && level.content.next()) {
            Attribute attribute = format.attribute(level.content.type());
            modelled = attribute != null && value(attribute, level) && modelled;
        }
        if (!modelled) {
            return null;
        }
        try {
            Instruction made = format.make(values);
            return values.allTaken() ? made : null;
        } catch (IllegalArgumentException e) {
            return null; // a value that the record does not model
        }
    }

    /** Reads a value. Returns whether the shape models it. */
    private boolean value(Attribute attribute, Level level) throws MalformedMessageException {
        AttributeCursor at = level.content;
        Attribute.Shape shape = attribute.shape();
        if (shape == Attribute.Shape.PAD) {
            return true;
        }
        at.require(shape.size());
        Object value = switch (shape) {
            case U8 -> (long) at.u8();
            case BE16 -> (long) at.be16();
            case BE32 -> at.be32();
            case BE64 -> at.be64();
            case TEXT -> DataReader.text(at);
            case DATA -> data.read(at);
            case INSTRUCTION -> nested(at);
            case LIST -> nestedList(at, level);
            default -> Opaque.of(at.bytes(level.bytes));
        };
        if (value == null || level.values.has(attribute) || (shape.size() != 0 && at.length() != shape.size())) {
            return false;
        }
        level.values.set(attribute, value);
        return true;
    }

    private Instruction nested(AttributeCursor at) throws MalformedMessageException {
        depth++;
        Instruction instruction = inner(at);
        depth--;
        return instruction;
    }

    private List<Instruction> nestedList(AttributeCursor at, Level level) throws MalformedMessageException {
        depth++;
        List<Instruction> instructions = list(at.nestAt(level.list, "NFTA_LIST_*"));
        depth--;
        return instructions;
    }

    private static MalformedMessageException malformed(String path, String expected, String actual) {
        return new MalformedMessageException(path, 0, expected, actual);
    }
}
