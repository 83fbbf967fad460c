package dev.nfkit.samples.cli.filter;

/** A filter that can't be read: what is wrong, and where. */
public final class FilterSyntaxException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int position;

    FilterSyntaxException(int position, String message) {
        super(message);
        this.position = position;
    }

    /** Where it stopped making sense: characters from the filter's start. */
    public int position() {
        return position;
    }

    /** What is wrong there. */
    public String problem() {
        return String.valueOf(getMessage());
    }
}
