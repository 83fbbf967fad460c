// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.statement.RuleSyntaxException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The tokens of a text, read from the first to the last. The parsers of this package share one. */
public final class TokenStream {
    /** How deep parentheses and sets may be nested: far more than any rule has, and far less than the stack. */
    private static final int DEEPEST = 50;

    private static final BigInteger LONGEST = BigInteger.ONE.shiftLeft(1024);

    private final String source;
    private final List<Token> tokens;
    private int next;
    private int depth;

    /**
     * Cuts a text into tokens.
     *
     * @param source the text
     * @throws RuleSyntaxException if it has a character that the language does not use, or a string without end
     */
    public TokenStream(String source) {
        this.source = source;
        this.tokens = Lexer.tokens(source);
    }

    /**
     * The next token.
     *
     * @return the token, which is not consumed
     */
    public Token peek() {
        return peek(0);
    }

    /**
     * A token at a distance.
     *
     * @param distance 0 for the next one
     * @return the token, which is not consumed; the end after the last one
     */
    public Token peek(int distance) {
        return tokens.get(Math.min(next + distance, tokens.size() - 1));
    }

    /**
     * Consumes the next token.
     *
     * @return the token
     */
    public Token next() {
        Token token = peek();
        next = Math.min(next + 1, tokens.size() - 1);
        return token;
    }

    /**
     * Whether the next tokens are these words or symbols.
     *
     * @param texts the words or symbols
     * @return true if they are
     */
    public boolean at(String... texts) {
        for (int distance = 0; distance < texts.length; distance++) {
            if (!peek(distance).is(texts[distance])) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether the next token is one of these words or symbols.
     *
     * @param texts the words or symbols
     * @return true if it is
     */
    public boolean atAny(String... texts) {
        return Arrays.stream(texts).anyMatch(peek()::is);
    }

    /**
     * Consumes these words or symbols if they are next.
     *
     * @param texts the words or symbols
     * @return true if they were next
     */
    public boolean accept(String... texts) {
        boolean found = at(texts);
        if (found) {
            next += texts.length;
        }
        return found;
    }

    /**
     * Consumes this word or symbol.
     *
     * @param text the word or symbol
     * @throws RuleSyntaxException if something else is next
     */
    public void expect(String text) {
        if (!accept(text)) {
            throw expected("\"" + text + "\"");
        }
    }

    /**
     * Cuts a word at a character, if it has it: {@code kbytes/second} are three tokens.
     *
     * @param distance 0 for the next token
     * @param at the character
     */
    void split(int distance, char at) {
        Token token = peek(distance);
        int place = token.text().indexOf(at);
        if (token.kind() == Token.Kind.WORD && place > 0 && place < token.text().length() - 1) {
            String rest = token.text().substring(place + 1);
            tokens.set(next + distance, new Token(Token.Kind.WORD, token.text().substring(0, place), token.offset()));
            tokens.add(next + distance + 1, new Token(Token.Kind.SYMBOL, String.valueOf(at), token.offset() + place));
            tokens.add(next + distance + 2, new Token(Token.Kind.WORD, rest, token.offset() + place + 1));
        }
    }

    /** Consumes line ends, as inside of braces. */
    public void skipNewlines() {
        while (peek().kind() == Token.Kind.NEWLINE) {
            next++;
        }
    }

    /**
     * Whether a rule ends here: at the end of a line or of the text, at a semicolon or a closing brace.
     *
     * @return true if it ends
     */
    public boolean atEnd() {
        Token.Kind kind = peek().kind();
        return kind == Token.Kind.NEWLINE || kind == Token.Kind.END || atAny(";", "}");
    }

    /**
     * Consumes a word or a string.
     *
     * @param what what it is, for the error message, such as {@code "the name of a set"}
     * @return the text
     * @throws RuleSyntaxException if something else is next
     */
    public String name(String what) {
        Token.Kind kind = peek().kind();
        if (kind != Token.Kind.WORD && kind != Token.Kind.STRING) {
            throw expected(what);
        }
        return next().text();
    }

    /**
     * Consumes the name of a set, chain or table: a word that does not begin with a digit.
     *
     * @param what what it is, for the error message, such as {@code "the name of a set"}
     * @return the name
     * @throws RuleSyntaxException if something else is next
     */
    public String identifier(String what) {
        Token token = peek();
        if (token.kind() != Token.Kind.WORD
                || token.text().indexOf('*') >= 0
                || Character.digit(token.text().charAt(0), 10) >= 0) {
            throw expected(what);
        }
        return next().text();
    }

    /**
     * Consumes a number, decimal or hexadecimal.
     *
     * @param what what it is, for the error message
     * @param least the least possible number
     * @param greatest the greatest possible number
     * @return the number
     * @throws RuleSyntaxException if something else is next, or the number is out of the range
     */
    public long number(String what, long least, long greatest) {
        BigInteger value = isNumber(peek()) ? number(peek().text()) : null;
        if (value == null) {
            throw expected(what);
        }
        if (value.compareTo(BigInteger.valueOf(least)) < 0 || value.compareTo(BigInteger.valueOf(greatest)) > 0) {
            throw expected(what + " from " + least + " to " + greatest);
        }
        next();
        return value.longValueExact();
    }

    /**
     * Whether a token is a number.
     *
     * @param token the token
     * @return true for a decimal or hexadecimal number
     */
    public static boolean isNumber(Token token) {
        return token.kind() == Token.Kind.WORD && isNumber(token.text());
    }

    static boolean isNumber(String text) {
        boolean hex = isHex(text);
        int start = hex ? 2 : 0;
        return text.length() > start
                && text.length() < 310
                && text.substring(start)
                        .chars()
                        .allMatch(each -> each < 128 && Character.digit(each, hex ? 16 : 10) >= 0);
    }

    static BigInteger number(String text) {
        BigInteger value = isHex(text) ? new BigInteger(text.substring(2), 16) : new BigInteger(text);
        return value.min(LONGEST);
    }

    private static boolean isHex(String text) {
        return text.startsWith("0x") || text.startsWith("0X");
    }

    /**
     * Reads something that may contain itself, and bounds how deep.
     *
     * @param <T> what is read
     * @param inner reads it
     * @return what was read
     * @throws RuleSyntaxException if it is nested too deep
     */
    public <T> T nested(Supplier<T> inner) {
        if (depth >= DEEPEST) {
            throw refused("at most " + DEEPEST + " levels can be nested");
        }
        depth++;
        try {
            return inner.get();
        } finally {
            depth--;
        }
    }

    /**
     * Makes a value, whose own checks become errors at a place of the text.
     *
     * @param <T> the value
     * @param place the token that the value is read from
     * @param value makes the value
     * @return the value
     * @throws RuleSyntaxException if the value is refused
     */
    public <T> T checked(Token place, Supplier<T> value) {
        try {
            return value.get();
        } catch (RuleSyntaxException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw refused(place, String.valueOf(e.getMessage()));
        }
    }

    /**
     * The place of what was consumed.
     *
     * @param first its first token
     * @return the place up to the next token
     */
    public Place placeFrom(Token first) {
        return new Place(source, first.offset(), peek().offset());
    }

    /**
     * An error at the next token.
     *
     * @param what what was expected
     * @return the error, to be thrown
     */
    public RuleSyntaxException expected(String what) {
        return refused("expected " + what);
    }

    /**
     * An error at the next token.
     *
     * @param reason why it is refused
     * @return the error, to be thrown
     */
    public RuleSyntaxException refused(String reason) {
        return refused(peek(), reason);
    }

    /**
     * An error at a token.
     *
     * @param token the token
     * @param reason why it is refused
     * @return the error, to be thrown
     */
    public RuleSyntaxException refused(Token token, String reason) {
        return new RuleSyntaxException(source, token.offset(), reason, token.shown());
    }
}
