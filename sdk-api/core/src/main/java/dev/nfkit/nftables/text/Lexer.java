// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.statement.RuleSyntaxException;
import java.util.ArrayList;
import java.util.List;

/** Cuts text into tokens. Comments from {@code #} to the end of the line, and spaces, are left out. */
final class Lexer {
    private static final List<String> PAIRS = List.of("==", "!=", "<=", ">=", "<<", ">>");
    private static final String SINGLES = "{}()[],:;.@/-+=<>&|^!*$";
    private static final int GROUPS = 8;
    private static final int LINK_GROUPS = 6;

    private final String text;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private Lexer(String text) {
        this.text = text;
    }

    static List<Token> tokens(String text) {
        int nul = text.indexOf('\0');
        if (nul >= 0) {
            throw new RuleSyntaxException(text, nul, "expected text", "a NUL");
        }
        Lexer lexer = new Lexer(text);
        while (lexer.at < text.length()) {
            lexer.step();
        }
        lexer.tokens.add(new Token(Token.Kind.END, "", text.length()));
        return lexer.tokens;
    }

    private void step() {
        char first = text.charAt(at);
        if (first == '\n') {
            add(Token.Kind.NEWLINE, 1);
        } else if (first == ' ' || first == '\t' || first == '\r') {
            at++;
        } else if (first == '#') {
            int end = text.indexOf('\n', at);
            at = end < 0 ? text.length() : end;
        } else if (first == '\\' && at + 1 < text.length() && text.charAt(at + 1) == '\n') {
            at += 2;
        } else if (first == '"') {
            string();
        } else if (address() || word()) {
            return;
        } else {
            symbol(first);
        }
    }

    private void add(Token.Kind kind, int length) {
        tokens.add(new Token(kind, text.substring(at, at + length), at));
        at += length;
    }

    private void string() {
        int end = at + 1;
        while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\n') {
            end++;
        }
        if (end == text.length() || text.charAt(end) == '\n') {
            throw new RuleSyntaxException(text, at, "expected a closing quote in this line", "a string without end");
        }
        tokens.add(new Token(Token.Kind.STRING, text.substring(at + 1, end), at));
        at = end + 1;
    }

    /** An address with colons: IPv6, or of the link layer. */
    private boolean address() {
        int end = at;
        int colons = 0;
        boolean gap = false;
        int longest = 0;
        int run = 0;
        for (; end < text.length(); end++) {
            char each = text.charAt(end);
            if (each == ':') {
                colons++;
                gap |= end > at && text.charAt(end - 1) == ':';
                run = 0;
            } else if (Character.digit(each, 16) >= 0 && each < 128) {
                run++;
                longest = Math.max(longest, run);
            } else if (each == '.' && colons > 0) {
                run = 0;
            } else {
                break;
            }
        }
        boolean link = !gap && colons == LINK_GROUPS - 1 && longest <= 2 && text.charAt(end - 1) != ':';
        boolean network =
                colons >= 2 && colons <= GROUPS && longest <= 4 && (gap || colons == GROUPS - 1 || colons == 6);
        boolean follows =
                end < text.length() && isWord(text.charAt(end)) && text.charAt(end) != '-' && text.charAt(end) != '/';
        if ((!link && !network) || follows) {
            return false;
        }
        add(Token.Kind.WORD, end - at);
        return true;
    }

    private boolean word() {
        char first = text.charAt(at);
        boolean number = first >= '0' && first <= '9';
        boolean dotted =
                first == '.' && at + 1 < text.length() && isWord(text.charAt(at + 1)) && text.charAt(at + 1) != '.';
        if (!number && !dotted && !isLetter(first) && first != '_') {
            return false;
        }
        int end = at + 1;
        while (end < text.length() && (number ? inNumber(text.charAt(end)) : isWord(text.charAt(end)))) {
            end++;
        }
        if (number) {
            while (text.charAt(end - 1) == '.') {
                end--;
            }
        } else if (end < text.length() && text.charAt(end) == '*') {
            end++;
        } else if (text.startsWith("\\*", end)) {
            end += 2;
        }
        add(Token.Kind.WORD, end - at);
        return true;
    }

    private void symbol(char first) {
        for (String pair : PAIRS) {
            if (text.startsWith(pair, at)) {
                add(Token.Kind.SYMBOL, 2);
                return;
            }
        }
        if (SINGLES.indexOf(first) < 0) {
            throw new RuleSyntaxException(
                    text, at, "expected a word, a number, a string or a symbol", "the character " + shown(first));
        }
        add(Token.Kind.SYMBOL, 1);
    }

    private static String shown(char each) {
        return each > ' ' && each < 127 ? "'" + each + "'" : String.format("U+%04X", (int) each);
    }

    private static boolean isLetter(char each) {
        return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z');
    }

    private static boolean inNumber(char each) {
        return isLetter(each) || (each >= '0' && each <= '9') || each == '.' || each == '_';
    }

    private static boolean isWord(char each) {
        return inNumber(each) || each == '-' || each == '/';
    }
}
