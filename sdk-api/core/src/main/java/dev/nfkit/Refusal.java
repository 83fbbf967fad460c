// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

/** Why the kernel refused a request, as far as it could be determined; the errno alone often has several causes. */
public enum Refusal {
    /** The process lacks {@code CAP_NET_ADMIN} altogether. */
    NO_CAPABILITY(ErrorCode.NO_CAPABILITY),
    /**
     * The process holds {@code CAP_NET_ADMIN}, but in a user namespace that does not own the network namespace, as
     * under {@code unshare -Ur} without {@code -n}.
     */
    CAPABILITY_IN_OTHER_USER_NAMESPACE(ErrorCode.OTHER_USER_NAMESPACE),
    /** Another socket owns the group, queue or table. */
    OWNED_BY_ANOTHER(ErrorCode.OWNED),
    /** The running kernel lacks what was asked for. */
    NOT_SUPPORTED(ErrorCode.NOT_SUPPORTED),
    /** What the request names does not exist, or no longer exists. */
    NOT_FOUND(ErrorCode.NOT_FOUND),
    /** What the request would create exists already. */
    EXISTS(ErrorCode.EXISTS),
    /** What the request would remove is still used, such as a chain that a rule jumps to. */
    IN_USE(ErrorCode.IN_USE),
    /** An interval overlaps one that is in the set already. */
    OVERLAPS(ErrorCode.OVERLAPS),
    /** What the request names exists, but is of another type, such as a set with other keys. */
    OTHER_TYPE(ErrorCode.OTHER_TYPE),
    /** The set holds as many elements as it may. */
    FULL(ErrorCode.SET_FULL),
    /** The ruleset was changed in between: read it again and repeat the request. */
    GENERATION_MOVED(ErrorCode.RULESET_CHANGED),
    /** Nothing beyond the errno is known. */
    UNKNOWN(ErrorCode.REFUSED);

    private final ErrorCode code;

    Refusal(ErrorCode code) {
        this.code = code;
    }

    /**
     * The code of the errors that have this cause.
     *
     * @return the code
     */
    public ErrorCode code() {
        return code;
    }
}
