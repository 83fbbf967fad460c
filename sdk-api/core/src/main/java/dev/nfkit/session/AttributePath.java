// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import java.util.ArrayList;
import java.util.List;

/** Finds the attribute at an offset of a message that was sent, which is what the kernel reports of a refusal. */
final class AttributePath {
    private static final int HEADER = 4;

    private AttributePath() {}

    /** The attributes that contain the byte. */
    static BatchAnswer.Place at(MessageCursor message, int offset) {
        List<Integer> path = new ArrayList<>();
        List<Integer> indexes = new ArrayList<>();
        int index = 0;
        Bytes value = Bytes.of();
        int target = message.offset() + offset;
        try {
            AttributeCursor cursor = new AttributeCursor().wrap(message, "request");
            while (cursor.next()) {
                int at = index++;
                int end = cursor.offset() + cursor.length();
                if (target >= cursor.offset() - HEADER && target < Math.max(end, cursor.offset())) {
                    path.add(cursor.type());
                    indexes.add(at);
                    index = 0;
                    value = cursor.bytes(new BytesView()).copy();
                    if (!cursor.nested() || target < cursor.offset()) {
                        break;
                    }
                    cursor = cursor.nest(new AttributeCursor(), "nest");
                }
            }
        } catch (MalformedMessageException e) {
            throw new AssertionError("the message was written by this process", e);
        }
        return new BatchAnswer.Place(path, indexes, value);
    }
}
