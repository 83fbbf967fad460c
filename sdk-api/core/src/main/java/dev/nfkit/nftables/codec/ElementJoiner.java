// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the elements of a set's events, which arrive in the order of the changes, and joins the start of an interval with the
 * end that follows it. An interval up to the highest value has no end.
 */
public final class ElementJoiner {
    private final ElementCodec codec;
    /** A start whose end has not arrived. */
    private @Nullable StoredElement held;

    /**
     * A joiner of the events of one kind of change.
     *
     * @param codec the codec of the set
     */
    public ElementJoiner(ElementCodec codec) {
        this.codec = codec;
    }

    /**
     * Reads the elements of a message.
     *
     * @param message a cursor at {@code NFT_MSG_NEWSETELEM} or {@code NFT_MSG_DELSETELEM}
     * @param complete gets the elements that are complete
     * @throws MalformedMessageException if it cannot be read
     */
    public void read(MessageCursor message, List<SetElement> complete) throws MalformedMessageException {
        AttributeCursor attributes = new AttributeCursor().wrap(message, "NFT_MSG_NEWSETELEM");
        AttributeCursor list = new AttributeCursor();
        AttributeCursor element = new AttributeCursor();
        while (attributes.next()) {
            if (attributes.type() == Nfta.SET_ELEM_LIST_ELEMENTS) {
                attributes.nest(list, "NFTA_SET_ELEM_LIST_ELEMENTS");
                while (list.next()) {
                    take(codec.read(list.nest(element, "NFTA_LIST_ELEM")), complete);
                }
            }
        }
    }

    private void take(StoredElement stored, List<SetElement> complete) {
        byte[] key = stored.key();
        if (!codec.pairs() || key == null) {
            end(complete);
            complete.add(codec.complete(stored));
            return;
        }
        StoredElement start = held;
        held = null;
        if (start != null) {
            byte[] low = start.key();
            boolean follows = low != null && Arrays.compareUnsigned(key, low) > 0;
            complete.add(codec.joined(start, follows ? ElementReader.before(key) : ElementReader.highest(key.length)));
        }
        if (!stored.ends()) { // the end of an interval whose start did not arrive is no element
            held = stored;
        }
    }

    /**
     * No more elements of the set follow.
     *
     * @param complete gets the last element, if it is an interval up to the highest value
     */
    public void end(List<SetElement> complete) {
        StoredElement start = held;
        held = null;
        if (start != null) {
            byte[] key = start.key();
            complete.add(codec.joined(start, ElementReader.highest(key == null ? 0 : key.length)));
        }
    }
}
