// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

/**
 * Bytes from the wire do not conform to the netlink protocol. Nothing else is ever thrown for bad input.
 *
 * <p>The offset counts from the start of the datagram (or of the bytes that were given to be read).
 */
public final class MalformedMessageException extends NetlinkException {
    private static final long serialVersionUID = 1L;

    private final String path;
    private final int offset;
    private final String expected;
    private final String actual;

    /**
     * Describes malformed bytes.
     *
     * @param path the message or attribute, from the outside in, such as {@code NFULNL_MSG_PACKET/NFULA_MARK}
     * @param offset where it starts, in bytes
     * @param expected what the protocol demands
     * @param actual what was found
     */
    public MalformedMessageException(String path, int offset, String expected, String actual) {
        super("malformed " + path + " at byte " + offset + ": expected " + expected + ", found " + actual);
        this.path = path;
        this.offset = offset;
        this.expected = expected;
        this.actual = actual;
    }

    /**
     * The message or attribute, from the outside in.
     *
     * @return the path, its parts divided by slashes
     */
    public String path() {
        return path;
    }

    /**
     * Where the malformed part starts.
     *
     * @return the offset in bytes
     */
    public int offset() {
        return offset;
    }

    /**
     * What the protocol demands.
     *
     * @return the demand in words
     */
    public String expected() {
        return expected;
    }

    /**
     * What was found.
     *
     * @return the finding in words
     */
    public String actual() {
        return actual;
    }

    /**
     * The code of this error.
     *
     * @return {@link ErrorCode#MALFORMED}
     */
    @Override
    public ErrorCode code() {
        return ErrorCode.MALFORMED;
    }
}
