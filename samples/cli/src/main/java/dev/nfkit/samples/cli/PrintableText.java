package dev.nfkit.samples.cli;

/** Text of others in a line for people: it may hold anything, which a terminal should not obey. */
final class PrintableText {
    private PrintableText() {}

    /** Appends a text with a dot in place of each control character. */
    static void append(StringBuilder line, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            line.append(Character.isISOControl(c) ? '.' : c);
        }
    }
}
