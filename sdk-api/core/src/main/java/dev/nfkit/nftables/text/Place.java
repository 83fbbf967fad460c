// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

/**
 * A part of a text. Its line and column are found when they are asked for, so that a text without errors costs nothing.
 *
 * @param source the whole text
 * @param start the index of the part's first character
 * @param end the index after it
 */
public record Place(String source, int start, int end) {
    /**
     * The line of the first character.
     *
     * @return from 1
     */
    public int line() {
        return 1
                + (int) source.chars().limit(start).filter(each -> each == '\n').count();
    }

    /**
     * The column of the first character.
     *
     * @return from 1
     */
    public int column() {
        return start - source.lastIndexOf('\n', start - 1);
    }

    /**
     * The characters, in one line.
     *
     * @return the text with a space for each row of blanks and line ends
     */
    public String text() {
        return source.substring(start, end).strip().replaceAll("\\s+", " ");
    }
}
