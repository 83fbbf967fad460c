// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import dev.nfkit.testkit.machine.StoredElement;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Elements that are single keys ({@code nft_set_hash.c}). */
final class HashStore implements ElementStore {
    /** A part of an array, compared by its bytes. A stored key never changes; the one to look up is used again. */
    private static final class Key {
        private byte[] bytes;
        private int offset;
        private final int length;
        private int hash;

        Key(byte[] bytes, int length) {
            this.bytes = bytes;
            this.length = length;
            aim(bytes, 0);
        }

        Key aim(byte[] other, int at) {
            bytes = other;
            offset = at;
            int sum = 1;
            for (int i = at; i < at + length; i++) {
                sum = 31 * sum + other[i];
            }
            hash = sum;
            return this;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key
                    && hash == key.hash
                    && Arrays.equals(bytes, offset, offset + length, key.bytes, key.offset, key.offset + key.length);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    private final Map<Key, StoredElement> elements = new LinkedHashMap<>();
    private final int length;
    private final Key wanted;

    HashStore(int length) {
        this.length = length;
        this.wanted = new Key(new byte[length], length);
    }

    @Override
    public @Nullable StoredElement find(byte[] bytes, int offset, long now) {
        StoredElement found = elements.get(wanted.aim(bytes, offset));
        return found == null || found.expired(now) ? null : found;
    }

    @Override
    public Clash clash(StoredElement element, long now) {
        return same(element, now) == null ? Clash.NONE : Clash.SAME;
    }

    @Override
    public @Nullable StoredElement same(StoredElement element, long now) {
        return find(element.key(), 0, now);
    }

    @Override
    public void put(StoredElement element) {
        elements.put(new Key(element.key(), length), element);
    }

    @Override
    public void remove(StoredElement element) {
        elements.remove(wanted.aim(element.key(), 0), element);
    }

    @Override
    public List<StoredElement> all() {
        return List.copyOf(elements.values());
    }
}
