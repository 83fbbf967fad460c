// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.fleet.query;

/** A question that has no answer: the code and text that its asker gets. */
public final class QueryException extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;

    QueryException(int status, String code, String message) {
        super(message);
        this.status = status;
        this.code = code;
    }

    static QueryException wrong(String parameter, String expected, String value) {
        return new QueryException(400, "bad-" + parameter, parameter + " is " + expected + ", not \"" + value + "\"");
    }

    int status() {
        return status;
    }

    /**
     * What went wrong, for programs.
     *
     * @return such as {@code bad-port}
     */
    public String code() {
        return code;
    }
}
