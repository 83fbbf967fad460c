// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

/**
 * A batch of changes does not fit the socket's send buffer, and the buffer could not be made larger. Nothing was sent: a
 * batch that is applied as a whole is one datagram and cannot be divided.
 */
public final class BatchTooLargeException extends NetlinkException {
    private static final long serialVersionUID = 1L;

    private final long size;
    private final long limit;

    /**
     * Describes a batch that is too large.
     *
     * @param request the batch in words
     * @param size its bytes
     * @param limit the most bytes of a datagram that the send buffer permits
     * @param cure what to raise, and to what
     */
    public BatchTooLargeException(String request, long size, long limit, String cure) {
        super(request + ": " + size + " bytes exceed the " + limit + " bytes that the send buffer permits: " + cure);
        this.size = size;
        this.limit = limit;
    }

    /**
     * The size of the batch.
     *
     * @return bytes
     */
    public long size() {
        return size;
    }

    /**
     * The most bytes that the send buffer permits, as large as it could be made.
     *
     * @return bytes
     */
    public long limit() {
        return limit;
    }

    /**
     * The code of this error.
     *
     * @return {@link ErrorCode#BATCH_TOO_LARGE}
     */
    @Override
    public ErrorCode code() {
        return ErrorCode.BATCH_TOO_LARGE;
    }
}
