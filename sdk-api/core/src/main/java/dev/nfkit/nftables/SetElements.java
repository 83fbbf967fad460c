// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.PrintableText;
import dev.nfkit.nftables.codec.ElementCodec;
import dev.nfkit.nftables.codec.KeyText;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.session.BatchWriter;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * Elements of a set or map, to be added to it or deleted from it by a {@link Batch}. Their number is not limited: they become
 * as many messages as required.
 *
 * <pre>{@code
 * batch.add(SetElements.of(blocked, SetElement.of(Constant.address(host)).timeout(Duration.ofMinutes(5))));
 * }</pre>
 *
 * <p>Intervals must not overlap each other or those of the set.
 *
 * <p>Follows {@code nf_tables_newsetelem} in {@code nf_tables_api.c}.
 */
public final class SetElements extends RulesetObject {
    /** A list of elements is an attribute, of 65535 bytes at most; an element has a few hundred at most. */
    private static final int LIST = 60_000;

    private final NftSet set;
    private final List<SetElement> elements;

    private SetElements(NftSet set, List<SetElement> elements) {
        super(set.table());
        this.set = set;
        this.elements = List.copyOf(elements);
    }

    /**
     * Elements of a set.
     *
     * @param set the set, with the types of keys and data; one that was listed, or is made by the same batch
     * @param elements the elements, at least one
     * @return the elements
     * @throws IllegalArgumentException if there is none, or one does not fit the types of the set
     */
    public static SetElements of(NftSet set, SetElement... elements) {
        return of(set, Arrays.asList(elements));
    }

    /**
     * Elements of a set.
     *
     * @param set the set, with the types of keys and data; one that was listed, or is made by the same batch
     * @param elements the elements, at least one
     * @return the elements
     * @throws IllegalArgumentException if there is none, or one does not fit the types of the set
     */
    public static SetElements of(NftSet set, List<SetElement> elements) {
        if (elements.isEmpty()) {
            throw new IllegalArgumentException("there are no elements of " + set);
        }
        ElementCodec codec = set.elements(ByteOrder.nativeOrder());
        for (SetElement element : elements) {
            try {
                codec.check(element);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "element of " + set + ": " + PrintableText.of("" + e.getMessage()), e);
            }
            element.comment().ifPresent(Names::comment);
        }
        return new SetElements(set, elements);
    }

    /**
     * Elements of a set, by their keys.
     *
     * @param set the set
     * @param keys the keys, at least one
     * @return the elements
     * @throws IllegalArgumentException if there is none, or one does not fit the types of the set
     */
    public static SetElements keys(NftSet set, Expression... keys) {
        return of(set, Arrays.stream(keys).map(SetElement::of).toList());
    }

    /**
     * The set.
     *
     * @return the set that the elements belong to
     */
    public NftSet set() {
        return set;
    }

    /**
     * The elements.
     *
     * @return at least one; immutable
     */
    public List<SetElement> elements() {
        return elements;
    }

    @Override
    public OptionalLong handle() {
        return OptionalLong.empty();
    }

    @Override
    ObjectKind kind() {
        return ObjectKind.ELEMENTS;
    }

    /** Writes all elements, in as many messages as required. */
    void writeTo(BatchWriter target, int type, int flags, boolean keyOnly) {
        int[] range = {0, 0};
        while (range[0] < elements.size()) {
            target.message(type, flags, writer -> range[1] = write(writer, range[0], keyOnly));
            range[0] = range[1];
        }
    }

    /** Writes the elements from one on that fit a message. Returns the first that did not. */
    private int write(MessageWriter writer, int from, boolean keyOnly) {
        set.writeForElements(writer.nfgenmsg(table().family().number(), 0));
        ElementCodec codec = set.elements(writer.order());
        int start = writer.length();
        int list = writer.beginNest(Nfta.SET_ELEM_LIST_ELEMENTS);
        int next = from;
        while (next < elements.size() && (next == from || writer.length() - start < LIST)) {
            codec.write(writer, elements.get(next++), keyOnly);
        }
        writer.endNest(list);
        return next;
    }

    @Override
    void writeNew(MessageWriter writer) {
        throw new IllegalStateException("elements are written by writeTo");
    }

    @Override
    void writeKey(MessageWriter writer) {
        throw new IllegalStateException("elements are written by writeTo");
    }

    @Override
    public String toString() {
        String first = PrintableText.of(KeyText.of(elements.get(0).key()));
        return "element " + set.table() + " " + PrintableText.of(set.name()) + " { " + first
                + (elements.size() == 1 ? " }" : ", … } (" + elements.size() + " elements)");
    }
}
