package dev.nfkit.samples.cli;

import dev.nfkit.samples.cli.filter.Filter;
import java.math.BigDecimal;

/**
 * What is to be done with some packets.
 *
 * @param action what
 * @param percent how many of a hundred, more than 0 to 100; the others go on to the next rule
 * @param filter which
 */
record Rule(Action action, BigDecimal percent, Filter filter) {
    private static final BigDecimal ALWAYS = BigDecimal.valueOf(100);

    Rule {
        percent = percent.stripTrailingZeros();
    }

    Rule(Action action, Filter filter) {
        this(action, ALWAYS, filter);
    }

    /** The probability with which it takes a packet that it means. */
    double chance() {
        return percent.doubleValue() / 100;
    }

    /** What is typed behind the option. */
    String argument() {
        String share = percent.compareTo(ALWAYS) == 0 ? "" : percent.toPlainString() + "%";
        String settings = (share + " " + action).strip();
        return settings.isEmpty() ? filter.toString() : settings + ": " + filter;
    }

    @Override
    public String toString() {
        return action.kind().option() + " '" + argument() + "'";
    }
}
