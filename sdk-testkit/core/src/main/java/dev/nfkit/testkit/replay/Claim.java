// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.replay;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.testkit.message.ParsedMessage;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Selects the recorded socket that a socket replays by the socket's first action, since sockets may be opened in
 * another order than in the recording.
 */
final class Claim {
    private Claim() {}

    /** The recorded socket for one that receives before it has sent anything; null if there is none. */
    static @Nullable SocketOfRecording unasked(List<SocketOfRecording> free) {
        return first(free, SocketOfRecording::beginsUnasked);
    }

    /** The recorded socket whose first request is most similar to a sent datagram; null if none is of its kind. */
    static @Nullable SocketOfRecording asked(
            List<SocketOfRecording> free, byte[] sent, ByteOrder order, MessageText text) {
        List<String> structure = text.structure(sent, order);
        ParsedMessage message = message(sent, order);
        if (message == null) {
            return null;
        }
        SocketOfRecording found = first(free, each -> {
            byte[] request = each.firstRequest();
            return request != null && text.structure(request, order).equals(structure);
        });
        found = found == null ? first(free, each -> like(each, message, order, true)) : found;
        return found == null ? first(free, each -> like(each, message, order, false)) : found;
    }

    private static boolean like(SocketOfRecording recorded, ParsedMessage message, ByteOrder order, boolean resource) {
        byte[] request = recorded.firstRequest();
        ParsedMessage first = request == null ? null : message(request, order);
        return first != null
                && first.type() == message.type()
                && (!resource || (first.resId() == message.resId() && first.family() == message.family()));
    }

    private static @Nullable ParsedMessage message(byte[] datagram, ByteOrder order) {
        try {
            List<ParsedMessage> messages = ParsedMessage.parse(datagram, order, 0);
            return messages.isEmpty() ? null : messages.get(0);
        } catch (MalformedMessageException e) {
            return null;
        }
    }

    private static @Nullable SocketOfRecording first(
            List<SocketOfRecording> free, Predicate<SocketOfRecording> wanted) {
        return free.stream().filter(wanted).findFirst().orElse(null);
    }
}
