// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.statement;

import dev.nfkit.CodedError;
import dev.nfkit.ErrorCode;
import java.io.Serial;

/**
 * Text of nftables that cannot be read: it has a syntax error, a value does not fit, or it uses what is not supported.
 *
 * <p>The message names the place and shows the line, with a caret below the place:
 *
 * <pre>
 * line 1, column 5: expected a field of tcp, found "dprt"
 * tcp dprt 22
 *     ^
 * </pre>
 */
public class RuleSyntaxException extends IllegalArgumentException implements CodedError {
    @Serial
    private static final long serialVersionUID = 1L;

    /** The characters of the line that are shown on each side of the place. */
    private static final int SHOWN = 60;

    private final int line;
    private final int column;
    private final String expected;
    private final String found;

    /**
     * An error at a place.
     *
     * @param source the whole text
     * @param offset the place, as an index of a character in the text, at most its length
     * @param expected what could stand there instead, or why what stands there is refused
     * @param found what stands there
     */
    public RuleSyntaxException(String source, int offset, String expected, String found) {
        this(source, place(source, offset), expected, found);
    }

    private RuleSyntaxException(String source, int[] place, String expected, String found) {
        super("line " + place[0] + ", column " + place[1] + ": " + expected + ", found " + found + "\n"
                + excerpt(source, place[2], place[1] - 1));
        this.line = place[0];
        this.column = place[1];
        this.expected = expected;
        this.found = found;
    }

    /** Line and column from 1, and the offset at which the line begins. */
    private static int[] place(String source, int offset) {
        int line = 1;
        int start = 0;
        for (int index = source.indexOf('\n'); index >= 0 && index < offset; index = source.indexOf('\n', index + 1)) {
            line++;
            start = index + 1;
        }
        return new int[] {line, offset - start + 1, start};
    }

    private static String excerpt(String source, int start, int column) {
        int newline = source.indexOf('\n', start);
        String whole = source.substring(start, newline < 0 ? source.length() : newline);
        int from = Math.max(0, column - SHOWN);
        int to = Math.min(whole.length(), column + SHOWN);
        StringBuilder shown = new StringBuilder(from > 0 ? "..." : "");
        StringBuilder caret = new StringBuilder(from > 0 ? "   " : "");
        for (int index = from; index < to; index++) {
            char each = whole.charAt(index);
            char printed = each == '\t' || !Character.isISOControl(each) ? each : '?';
            shown.append(printed);
            if (index < column) {
                caret.append(printed == '\t' ? '\t' : ' ');
            }
        }
        return shown.append('\n').append(caret).append('^').toString();
    }

    /**
     * The line of the error.
     *
     * @return from 1
     */
    public int line() {
        return line;
    }

    /**
     * The column of the error.
     *
     * @return characters from 1
     */
    public int column() {
        return column;
    }

    /**
     * What could stand there instead, or why what stands there is refused.
     *
     * @return a text such as {@code expected a field of tcp}
     */
    public String expected() {
        return expected;
    }

    /**
     * What stands there.
     *
     * @return a token in quotes, or {@code the end of the text}
     */
    public String found() {
        return found;
    }

    /**
     * The code of this error.
     *
     * @return {@link ErrorCode#RULE_SYNTAX}
     */
    @Override
    public ErrorCode code() {
        return ErrorCode.RULE_SYNTAX;
    }
}
