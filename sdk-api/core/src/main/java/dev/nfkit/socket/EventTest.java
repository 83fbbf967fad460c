package dev.nfkit.socket;

import dev.nfkit.wire.MessageCursor;

/**
 * One question about a message, of which an {@link EventFilter} is made. It is data: Linux runs it in the kernel, the
 * others in Java, with the same answer. Immutable.
 */
public sealed interface EventTest permits AttributeTest, FamilyTest, MessageTest {
    /**
     * Asks the question of a message. It throws nothing and reads nothing outside the message, whatever that holds.
     *
     * @param message a cursor that stands on the message, which stays there
     * @return the answer; false where the message is too short for a {@code struct nfgenmsg} that is asked about
     */
    boolean matches(MessageCursor message);
}
