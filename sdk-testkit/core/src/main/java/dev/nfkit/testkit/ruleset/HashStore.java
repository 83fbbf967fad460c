package dev.nfkit.testkit.ruleset;

import dev.nfkit.testkit.machine.StoredElement;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Elements that are single keys ({@code nft_set_hash.c}). */
final class HashStore implements ElementStore {
    private final int length;
    private final Map<ByteBuffer, StoredElement> elements = new LinkedHashMap<>();

    HashStore(int length) {
        this.length = length;
    }

    @Override
    public @Nullable StoredElement find(byte[] bytes, int offset, long now) {
        return alive(ByteBuffer.wrap(bytes, offset, length), now);
    }

    private @Nullable StoredElement alive(ByteBuffer key, long now) {
        StoredElement found = elements.get(key);
        return found == null || found.expired(now) ? null : found;
    }

    @Override
    public Clash clash(StoredElement element, long now) {
        return same(element, now) == null ? Clash.NONE : Clash.SAME;
    }

    @Override
    public @Nullable StoredElement same(StoredElement element, long now) {
        return alive(ByteBuffer.wrap(element.key()), now);
    }

    @Override
    public void put(StoredElement element) {
        elements.put(ByteBuffer.wrap(element.key()), element);
    }

    @Override
    public void remove(StoredElement element) {
        elements.remove(ByteBuffer.wrap(element.key()), element);
    }

    @Override
    public List<StoredElement> all() {
        return List.copyOf(elements.values());
    }
}
