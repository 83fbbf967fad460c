// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the elements of one listing of a set, and joins the two stored elements of each interval. The kernel lists them in
 * descending order today; ascending order is read, too. Memory stays constant.
 */
public final class ElementReader {
    private final ElementCodec codec;
    /** A start whose end is not known yet: the first element of all, or any in ascending order. */
    private @Nullable StoredElement held;
    /** The key of the element before, in descending order. */
    private byte @Nullable [] above;

    private boolean ascending;

    /**
     * Takes elements.
     *
     * @param <E> what it may throw
     */
    @FunctionalInterface
    public interface Sink<E extends Exception> {
        /**
         * Takes one element.
         *
         * @param element the element
         * @throws E as the application requires
         */
        void element(SetElement element) throws E;
    }

    /**
     * A reader of one listing.
     *
     * @param codec the codec of the set
     */
    public ElementReader(ElementCodec codec) {
        this.codec = codec;
    }

    /**
     * Reads the elements of a message.
     *
     * @param message a cursor at {@code NFT_MSG_NEWSETELEM}
     * @param sink takes the elements that are complete
     * @throws MalformedMessageException if it cannot be read
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> void read(MessageCursor message, Sink<E> sink) throws MalformedMessageException, E {
        AttributeCursor attributes = new AttributeCursor().wrap(message, "NFT_MSG_NEWSETELEM");
        AttributeCursor list = new AttributeCursor();
        AttributeCursor element = new AttributeCursor();
        while (attributes.next()) {
            if (attributes.type() == Nfta.SET_ELEM_LIST_ELEMENTS) {
                attributes.nest(list, "NFTA_SET_ELEM_LIST_ELEMENTS");
                while (list.next()) {
                    take(codec.read(list.nest(element, "NFTA_LIST_ELEM")), sink);
                }
            }
        }
    }

    private <E extends Exception> void take(StoredElement stored, Sink<E> sink) throws E {
        byte[] key = stored.key();
        if (!codec.pairs() || key == null) {
            sink.element(codec.complete(stored));
            return;
        }
        StoredElement start = held;
        if (start != null) {
            held = null;
            byte[] low = start.key();
            ascending |= low != null && Arrays.compareUnsigned(key, low) > 0;
            sink.element(codec.joined(start, ascending ? before(key) : highest(key.length)));
            above = low;
        }
        byte[] last = above;
        ascending |= last != null && Arrays.compareUnsigned(key, last) > 0;
        if (stored.ends()) {
            above = key;
        } else if (ascending || last == null) {
            held = stored;
        } else {
            sink.element(codec.joined(stored, before(last)));
            above = key;
        }
    }

    /**
     * Ends the listing.
     *
     * @param sink takes the last element, if it is an interval up to the highest value
     * @throws E as the sink throws
     * @param <E> what the sink may throw
     */
    public <E extends Exception> void end(Sink<E> sink) throws E {
        StoredElement start = held;
        held = null;
        if (start != null) {
            byte[] key = start.key();
            sink.element(codec.joined(start, highest(key == null ? 0 : key.length)));
        }
    }

    /** The row of bytes after which no other one comes. */
    static byte[] highest(int length) {
        byte[] all = new byte[length];
        Arrays.fill(all, (byte) 0xff);
        return all;
    }

    /** The row of bytes before another one. */
    static byte[] before(byte... row) {
        byte[] previous = row.clone();
        for (int i = previous.length - 1; i >= 0; i--) {
            if (previous[i]-- != 0) {
                break;
            }
        }
        return previous;
    }
}
