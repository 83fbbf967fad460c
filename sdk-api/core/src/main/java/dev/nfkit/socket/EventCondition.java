// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.wire.MessageCursor;

/**
 * One condition of a message, a part of an {@link EventFilter}. It is data: on Linux the kernel evaluates it, elsewhere Java
 * does, with the same result. Immutable.
 */
public sealed interface EventCondition permits AttributeCondition, FamilyCondition, MessageCondition {
    /**
     * Applies the condition to a message. Never throws and reads nothing outside the message, whatever the message contains.
     *
     * @param message a cursor at the message, which stays there
     * @return the result; false if the condition needs a {@code struct nfgenmsg} and the message is too short for one
     */
    boolean matches(MessageCursor message);
}
