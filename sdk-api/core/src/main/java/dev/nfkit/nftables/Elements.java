// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.codec.ElementReader;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.nftables.expression.Expression;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Requests about the elements of a set. */
final class Elements {
    private final Dumps dumps;
    private final NftSet set;
    private @Nullable ElementReader reader;

    Elements(Dumps dumps, NftSet set) {
        this.dumps = dumps;
        this.set = set;
    }

    private ElementReader reader(ByteOrder order) {
        ElementReader found = reader;
        if (found == null) {
            found = new ElementReader(set.elements(order));
            reader = found;
        }
        return found;
    }

    private MessageWriter begin(MessageWriter writer) {
        set.writeForElements(writer.nfgenmsg(set.table().family().number(), 0));
        return writer;
    }

    <E extends Exception> void list(int type, ObjectSink<SetElement, E> sink) throws NetlinkException, E {
        dumps.<E>messages(
                "list elements of " + set,
                type,
                this::begin,
                message -> reader(message.order()).read(message, sink::object));
        if (reader != null) {
            reader.end(sink::object);
        }
    }

    Optional<SetElement> get(Expression key) throws NetlinkException {
        List<SetElement> found = new ArrayList<>(2);
        dumps.message(
                "get element of " + set,
                MessageTypes.GETSETELEM,
                writer -> {
                    begin(writer);
                    int list = writer.beginNest(Nfta.SET_ELEM_LIST_ELEMENTS);
                    set.elements(writer.order()).write(writer, SetElement.of(key), true);
                    writer.endNest(list);
                },
                message -> reader(message.order()).read(message, found::add));
        if (reader != null) {
            reader.end(found::add);
        }
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
    }
}
