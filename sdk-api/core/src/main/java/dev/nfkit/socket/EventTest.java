package dev.nfkit.socket;

import dev.nfkit.wire.MessageCursor;

/**
 * One test of a message, a part of an {@link EventFilter}. It is data: on Linux the kernel evaluates it, elsewhere Java
 * does, with the same result. Immutable.
 */
public sealed interface EventTest permits AttributeTest, FamilyTest, MessageTest {
    /**
     * Applies the test to a message. Never throws and reads nothing outside the message, whatever the message contains.
     *
     * @param message a cursor at the message, which stays there
     * @return the result; false if the test needs a {@code struct nfgenmsg} and the message is too short for one
     */
    boolean matches(MessageCursor message);
}
