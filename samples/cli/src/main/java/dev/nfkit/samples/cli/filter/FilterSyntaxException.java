package dev.nfkit.samples.cli.filter;

/** A syntax error in a filter, with its position. */
public final class FilterSyntaxException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int position;

    FilterSyntaxException(int position, String message) {
        super(message);
        this.position = position;
    }

    /** The position of the error, in characters from the start of the filter. */
    public int position() {
        return position;
    }

    /** The error at that position. */
    public String problem() {
        return String.valueOf(getMessage());
    }
}
