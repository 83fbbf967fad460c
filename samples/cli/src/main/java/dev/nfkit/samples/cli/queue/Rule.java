// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.filter.PacketFilter;
import java.math.BigDecimal;

/**
 * An action for the packets that a filter matches.
 *
 * @param action the action
 * @param percent the share of packets, more than 0 to 100; the others go on to the next rule
 * @param filter the filter
 */
public record Rule(Action action, BigDecimal percent, PacketFilter filter) {
    private static final BigDecimal ALWAYS = BigDecimal.valueOf(100);

    public Rule {
        percent = percent.stripTrailingZeros();
    }

    public Rule(Action action, PacketFilter filter) {
        this(action, ALWAYS, filter);
    }

    /** The probability with which the rule decides a packet that it matches. */
    double chance() {
        return percent.doubleValue() / 100;
    }

    /** The argument of the option. */
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
