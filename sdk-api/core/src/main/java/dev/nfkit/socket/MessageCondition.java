// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.wire.MessageCursor;

/** A condition that holds if a message is of a type ({@code nlmsg_type}) and certain of its flags are set or not set. */
public record MessageCondition(int type, int flagMask, int flags) implements EventCondition {
    /**
     * A condition of type and flags.
     *
     * @param type the type, 16 to 65535: {@code subsystem << 8 | message}
     * @param flagMask the flags that matter, 0 to 65535
     * @param flags which of them must be set; the others must not
     * @throws IllegalArgumentException if one is out of range, or flags has bits that flagMask lacks
     */
    public MessageCondition {
        if (type < 16 || type > 0xffff) {
            throw new IllegalArgumentException("type " + type + " is out of 16 to 65535");
        }
        if (flagMask < 0 || flagMask > 0xffff) {
            throw new IllegalArgumentException("flagMask " + flagMask + " is out of 0 to 65535");
        }
        if ((flags & ~flagMask) != 0) {
            throw new IllegalArgumentException(String.format(
                    "flags 0x%x has bits that flagMask 0x%x lacks: no message could match", flags, flagMask));
        }
    }

    /**
     * A condition of the type alone.
     *
     * @param type the type, 16 to 65535
     * @return the condition
     * @throws IllegalArgumentException if the type is out of range
     */
    public static MessageCondition of(int type) {
        return new MessageCondition(type, 0, 0);
    }

    /**
     * The type.
     *
     * @return 16 to 65535
     */
    @Override
    public int type() {
        return type;
    }

    /**
     * The flags that matter.
     *
     * @return 0 to 65535
     */
    @Override
    public int flagMask() {
        return flagMask;
    }

    /**
     * The flags that must be set.
     *
     * @return bits within {@link #flagMask()}
     */
    @Override
    public int flags() {
        return flags;
    }

    @Override
    public boolean matches(MessageCursor message) {
        return message.type() == type && (message.flags() & flagMask) == flags;
    }

    /**
     * The condition as text.
     *
     * @return text such as {@code type 0x100 with flags & 0x600 = 0x600}
     */
    @Override
    public String toString() {
        String text = String.format("type 0x%x", type);
        return flagMask == 0 ? text : text + String.format(" with flags & 0x%x = 0x%x", flagMask, flags);
    }
}
