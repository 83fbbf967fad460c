package dev.nfkit.session;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import java.util.ArrayList;
import java.util.List;

/** Finds the attribute at an offset of a message that was sent, which is what the kernel reports of a refusal. */
final class AttributePath {
    private static final int HEADER = 4;

    private AttributePath() {}

    /** The types of the attributes that contain the byte, from the outside in. */
    static List<Integer> at(MessageCursor message, int offset) {
        List<Integer> path = new ArrayList<>();
        int target = message.offset() + offset;
        try {
            AttributeCursor cursor = new AttributeCursor().wrap(message, "request");
            while (cursor.next()) {
                int end = cursor.offset() + cursor.length();
                if (target >= cursor.offset() - HEADER && target < Math.max(end, cursor.offset())) {
                    path.add(cursor.type());
                    if (!cursor.nested() || target < cursor.offset()) {
                        break;
                    }
                    cursor = cursor.nest(new AttributeCursor(), "nest");
                }
            }
        } catch (MalformedMessageException e) {
            return List.copyOf(path);
        }
        return List.copyOf(path);
    }
}
