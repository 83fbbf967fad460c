// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.filter;

/** A filter split into words and symbols. */
final class Words {
    private static final String SIGNS = "()!<>=,&|";
    private static final String[] LONG_SIGNS = {"!=", "<=", ">=", "==", "&&", "||"};

    private final String text;
    private int start;
    private int end;

    Words(String text) {
        this.text = text;
        advance(0);
    }

    /** The next word or symbol; empty at the end. */
    String peek() {
        return text.substring(start, end);
    }

    boolean ended() {
        return start == end;
    }

    /** The position of the next one. */
    int position() {
        return start;
    }

    String take() {
        String word = peek();
        advance(end);
        return word;
    }

    /** Consumes the next one if it is the given text. */
    boolean accept(String word) {
        if (!peek().equals(word)) {
            return false;
        }
        take();
        return true;
    }

    private void advance(int from) {
        start = from;
        while (start < text.length() && Character.isWhitespace(text.charAt(start))) {
            start++;
        }
        end = start;
        if (start == text.length()) {
            return;
        }
        if (sign(start)) {
            end = start + 1;
            for (String sign : LONG_SIGNS) {
                if (text.startsWith(sign, start)) {
                    end = start + 2;
                }
            }
            return;
        }
        while (end < text.length() && !sign(end) && !Character.isWhitespace(text.charAt(end))) {
            end++;
        }
    }

    private boolean sign(int at) {
        return SIGNS.indexOf(text.charAt(at)) >= 0;
    }

    FilterSyntaxException error(int position, String problem) {
        return new FilterSyntaxException(text, position, problem);
    }

    /** Creates an error at the next word. */
    FilterSyntaxException unexpected(String expected) {
        return error(start, "expected " + expected + ", found " + (ended() ? "the end" : "\"" + peek() + "\""));
    }
}
