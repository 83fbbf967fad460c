// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetElement;
import org.jspecify.annotations.Nullable;

/** An element as the kernel stores it: with its key as bytes, and of an interval only its start or its end. */
final class StoredElement {
    private final byte @Nullable [] key;
    private final byte @Nullable [] keyEnd;
    private final int flags;
    private final SetElement element;

    StoredElement(byte @Nullable [] key, byte @Nullable [] keyEnd, int flags, SetElement element) {
        this.key = key;
        this.keyEnd = keyEnd;
        this.flags = flags;
        this.element = element;
    }

    /** The key; null for the element that matches any. */
    byte @Nullable [] key() {
        return key;
    }

    /** The last key of an interval in a concatenation. */
    byte @Nullable [] keyEnd() {
        return keyEnd;
    }

    /** The element with a key that stands for any. */
    SetElement element() {
        return element;
    }

    /** Whether it is what follows an interval. */
    boolean ends() {
        return (flags & ElementCodec.INTERVAL_END) != 0;
    }

    /** The element with a key. */
    SetElement with(Expression value) {
        return new SetElement(
                value, element.data(), element.timeout(), element.expires(), element.comment(), element.state());
    }
}
