// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.bytecode;

import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads {@code NFTA_DATA_*}. Reusable. One thread at a time. */
public final class DataReader {
    private final AttributeCursor content = new AttributeCursor();
    private final AttributeCursor verdict = new AttributeCursor();
    private final BytesView bytes = new BytesView();

    /** Makes a reader. */
    public DataReader() {}

    /**
     * Reads the data inside an attribute, such as {@code NFTA_SET_ELEM_KEY}.
     *
     * @param at a cursor at the attribute
     * @return the data; null if it is of a form that the kernel of today does not have
     * @throws MalformedMessageException if the bytes are malformed
     */
    public @Nullable Data read(AttributeCursor at) throws MalformedMessageException {
        at.nestAt(content, "NFTA_DATA_*");
        Data data = null;
        boolean modelled = true;
        while (content.next()) {
            Data next = switch (content.type()) {
                case Data.VALUE -> constant();
                case Data.VERDICT -> verdict();
                default -> null;
            };
            modelled &= data == null && next != null;
            data = next;
        }
        return modelled ? data : null;
    }

    private @Nullable Data constant() {
        if (content.length() == 0 || content.length() > Constant.MOST) {
            return null;
        }
        return Constant.of(content.bytes(bytes).toArray());
    }

    private @Nullable Data verdict() throws MalformedMessageException {
        content.nestAt(verdict, "NFTA_DATA_VERDICT");
        Long code = null;
        String chain = null;
        Long id = null;
        boolean modelled = true;
        while (verdict.next()) {
            switch (verdict.type()) {
                case Verdict.CODE -> {
                    modelled &= code == null && verdict.length() <= Integer.BYTES;
                    code = verdict.be32();
                }
                case Verdict.CHAIN -> {
                    modelled &= chain == null;
                    chain = text(verdict);
                    modelled &= chain != null;
                }
                case Verdict.CHAIN_ID -> {
                    modelled &= id == null && verdict.length() <= Integer.BYTES;
                    id = verdict.be32();
                }
                default -> modelled = false;
            }
        }
        if (code == null || !modelled) {
            return null;
        }
        try {
            return new Verdict(code.intValue(), chain, id);
        } catch (IllegalArgumentException e) {
            return null; // a verdict of a newer kernel
        }
    }

    /** The text of an attribute; null if it could not be written again as it is: no UTF-8, or bytes after the NUL. */
    static @Nullable String text(AttributeCursor at) throws MalformedMessageException {
        String text = at.string();
        if (text.indexOf('\uFFFD') >= 0 || text.getBytes(StandardCharsets.UTF_8).length + 1 != at.length()) {
            return null;
        }
        return text;
    }
}
