// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.CodedError;
import dev.nfkit.ErrorCode;

/**
 * A rule that cannot work: two protocols that exclude each other, a value that what it is compared with cannot have, a
 * combination that nf_tables has no instructions for.
 */
public final class InvalidRuleException extends IllegalArgumentException implements CodedError {
    private static final long serialVersionUID = 1L;

    /**
     * A rule that cannot work.
     *
     * @param message what is wrong with it
     */
    public InvalidRuleException(String message) {
        super(message);
    }

    /**
     * The code of this error.
     *
     * @return {@link ErrorCode#RULE_INVALID}
     */
    @Override
    public ErrorCode code() {
        return ErrorCode.RULE_INVALID;
    }
}
