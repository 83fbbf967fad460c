// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

/**
 * A part of the text that belongs together.
 *
 * @param kind the kind
 * @param text the characters, without the quotes of a string
 * @param offset the place of its first character in the whole text
 */
public record Token(Kind kind, String text, int offset) {
    /** A kind of token. */
    public enum Kind {
        /** A name, a number, or an address: what stands without quotes and spaces. */
        WORD,
        /** Text in quotes. */
        STRING,
        /** One or two characters that are no word, such as {@code !=}. */
        SYMBOL,
        /** The end of a line. */
        NEWLINE,
        /** The end of the text. */
        END
    }

    /**
     * Whether the token is this word or symbol. A string never is.
     *
     * @param other the word or symbol
     * @return true if it is
     */
    public boolean is(String other) {
        return (kind == Kind.WORD || kind == Kind.SYMBOL) && text.equals(other);
    }

    /**
     * The token as an error message shows it.
     *
     * @return the text in quotes, or a description
     */
    public String shown() {
        return switch (kind) {
            case NEWLINE -> "the end of the line";
            case END -> "the end of the text";
            case STRING -> "the string \"" + text + "\"";
            default -> "\"" + text + "\"";
        };
    }
}
