// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.conntrack;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.conntrack.ExpectationAttribute;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.message.MessageAttributes;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.AttributeSchema;
import dev.nfkit.wire.AttributeShape;
import dev.nfkit.wire.AttributeType;
import dev.nfkit.wire.MessageCursor;
import dev.nfkit.wire.Netlink;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of a ctnetlink request, validated by the kernel's policy ({@code ct_nla_policy}, {@code
 * exp_nla_policy}) and read as deep as the schema goes.
 */
final class RequestAttributes {
    private static final int LONGEST_LABELS = 16;
    private static final int LONGEST_HELPER = 16;
    /** Attributes that the policy does not name: only the kernel sends them, or they are validated later. */
    private static final Set<ConntrackAttribute> FREE = EnumSet.of(
            ConntrackAttribute.COUNTERS_ORIG,
            ConntrackAttribute.COUNTERS_REPLY,
            ConntrackAttribute.USE,
            ConntrackAttribute.SECCTX,
            ConntrackAttribute.TIMESTAMP,
            ConntrackAttribute.SYNPROXY);

    private RequestAttributes() {}

    /** Reads the attributes that the kernel knows. */
    static MessageAttributes read(AttributeSchema schema, ParsedMessage request, ConntrackProperties kernel)
            throws Refused {
        MessageAttributes read = new MessageAttributes(schema);
        ByteBuffer bytes = request.bytes().toByteBuffer();
        MessageCursor message = new MessageCursor().wrap(bytes, 0, bytes.capacity(), request.order());
        try {
            message.next();
            AttributeCursor cursor = new AttributeCursor().wrap(message, schema.name());
            while (cursor.next()) {
                AttributeType type = schema.find(cursor.type()).orElse(null);
                if (type != null && kernel.knows(type)) {
                    Bytes value = cursor.bytes(new BytesView());
                    check(type, value, cursor.offset() - Netlink.NLA_HDRLEN);
                    if (type == ConntrackAttribute.FILTER && !cursor.nested()) {
                        // This nest is the only strict one.
                        throw new Refused(Errno.EINVAL);
                    }
                    read.take(cursor.type(), value, request.order());
                }
            }
        } catch (MalformedMessageException e) {
            throw new Refused(Errno.EINVAL);
        }
        return read;
    }

    /**
     * A nest of a request, or null if it is absent. The kernel validates its contents by a separate policy when it reads
     * them, and does not report the position of an attribute that is too short.
     */
    static @Nullable MessageAttributes nest(MessageAttributes of, AttributeType type) throws Refused {
        MessageAttributes nest = of.nested(type);
        if (nest != null && !nest.longEnough()) {
            throw new Refused(Errno.ERANGE);
        }
        return nest;
    }

    private static void check(AttributeType type, Bytes value, int offset) throws Refused {
        if (type instanceof ConntrackAttribute free && FREE.contains(free)) {
            return;
        }
        if (type == ConntrackAttribute.TIMESTAMP_EVENT) {
            throw Refused.byPolicy(Errno.EINVAL, offset);
        }
        int length = value.length();
        boolean labels = type == ConntrackAttribute.LABELS || type == ConntrackAttribute.LABELS_MASK;
        boolean shortNest = type.shape() == AttributeShape.NESTED && length > 0 && length < Netlink.NLA_HDRLEN;
        boolean longName = type == ExpectationAttribute.HELP_NAME && length > LONGEST_HELPER;
        if (length < type.minimumLength() || shortNest || longName || (labels && length > LONGEST_LABELS)) {
            throw Refused.byPolicy(Errno.ERANGE, offset);
        }
        boolean name = type == ExpectationAttribute.HELP_NAME || type == ExpectationAttribute.FN;
        if (name && !value.toHex().matches("(..)*00(..)*")) {
            throw Refused.byPolicy(Errno.EINVAL, offset);
        }
    }
}
