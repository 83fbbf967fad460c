// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Data;
import dev.nfkit.nftables.bytecode.DataReader;
import dev.nfkit.nftables.bytecode.Instruction;
import dev.nfkit.nftables.bytecode.InstructionReader;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.codec.StateCodec;
import dev.nfkit.nftables.codec.UserData;
import dev.nfkit.nftables.compile.CompiledElement;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.Stateful;
import dev.nfkit.nftables.expression.Wildcard;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the elements of the sets that rules contain, as bytes ({@code NFTA_SET_ELEM_*}). One thread at a time. */
final class RawElements {
    private static final int COMMENT = 0;
    private static final int INTERVAL_END = 1;

    private final DataReader data = new DataReader();
    private final InstructionReader instructions = new InstructionReader();
    private final AttributeCursor attributes = new AttributeCursor();
    private final AttributeCursor list = new AttributeCursor();
    private final AttributeCursor element = new AttributeCursor();
    private final AttributeCursor nested = new AttributeCursor();
    private final BytesView view = new BytesView();

    /** Reads the elements of a message, and adds them to others. */
    void read(MessageCursor message, List<CompiledElement> target) throws MalformedMessageException {
        attributes.wrap(message, "NFT_MSG_NEWSETELEM");
        while (attributes.next()) {
            if (attributes.type() == Nfta.SET_ELEM_LIST_ELEMENTS) {
                attributes.nest(list, "NFTA_SET_ELEM_LIST_ELEMENTS");
                while (list.next()) {
                    list.nest(element, "NFTA_LIST_ELEM");
                    target.add(one());
                }
            }
        }
    }

    private CompiledElement one() throws MalformedMessageException {
        Constant key = null;
        Constant end = null;
        Data value = null;
        String object = null;
        long flags = 0;
        Optional<Duration> timeout = Optional.empty();
        Optional<Duration> expires = Optional.empty();
        Optional<String> comment = Optional.empty();
        List<Stateful> states = new ArrayList<>();
        while (element.next()) {
            switch (element.type()) {
                case Nfta.SET_ELEM_KEY -> key = constant();
                case Nfta.SET_ELEM_KEY_END -> end = constant();
                case Nfta.SET_ELEM_DATA -> value = data.read(element);
                case Nfta.SET_ELEM_FLAGS -> flags = element.be32();
                case Nfta.SET_ELEM_OBJREF -> object = element.string();
                case Nfta.SET_ELEM_TIMEOUT -> timeout = millis(element.be64());
                case Nfta.SET_ELEM_EXPIRATION -> expires = millis(element.be64());
                case Nfta.SET_ELEM_USERDATA ->
                    comment = UserData.read(element.bytes(view)).text(COMMENT);
                case Nfta.SET_ELEM_EXPR -> state(states, instructions.read(element.nest(nested, "NFTA_SET_ELEM_EXPR")));
                case Nfta.SET_ELEM_EXPRESSIONS -> {
                    for (Instruction each : instructions.readList(element.nest(nested, "NFTA_SET_ELEM_EXPRESSIONS"))) {
                        state(states, each);
                    }
                }
                default -> {}
            }
        }
        boolean ends = (flags & INTERVAL_END) != 0;
        SetElement source = new SetElement(Wildcard.ANY, Optional.empty(), timeout, expires, comment, states);
        return new CompiledElement(key, end, value, object, ends, ends ? null : source);
    }

    private static Optional<Duration> millis(long millis) {
        return millis <= 0 ? Optional.empty() : Optional.of(Duration.ofMillis(millis));
    }

    private static void state(List<Stateful> states, Instruction instruction) {
        Stateful state = StateCodec.statement(instruction);
        if (state != null) {
            states.add(state);
        }
    }

    private @Nullable Constant constant() throws MalformedMessageException {
        return data.read(element) instanceof Constant constant ? constant : null;
    }
}
