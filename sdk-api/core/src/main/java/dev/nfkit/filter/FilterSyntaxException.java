// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.filter;

import dev.nfkit.CodedError;
import dev.nfkit.ErrorCode;
import java.io.Serial;

/** A text that is no filter. The message names the error and its position, and shows the text. */
public final class FilterSyntaxException extends IllegalArgumentException implements CodedError {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int position;
    private final String problem;

    FilterSyntaxException(String text, int position, String problem) {
        super("character " + (position + 1) + ": " + problem + " in \"" + text + "\"");
        this.position = position;
        this.problem = problem;
    }

    /**
     * Where the error is.
     *
     * @return an index of a character in the text, at most its length
     */
    public int position() {
        return position;
    }

    /**
     * What is wrong there.
     *
     * @return a text such as {@code expected a port, found "x"}
     */
    public String problem() {
        return problem;
    }

    /**
     * The code of this error.
     *
     * @return {@link ErrorCode#FILTER_SYNTAX}
     */
    @Override
    public ErrorCode code() {
        return ErrorCode.FILTER_SYNTAX;
    }
}
