// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import dev.nfkit.samples.cli.run.Failure;
import java.util.Locale;

/** The tables for which conntrack(8) has commands. */
public enum ConntrackTable {
    /** Connections. */
    CONNTRACK,
    /** Expectations. */
    EXPECT,
    /** Connections that have ended and are still referenced. */
    DYING,
    /** Connections whose first packet has not left the host yet. */
    UNCONFIRMED;

    public static ConntrackTable parse(String text) throws Failure {
        for (ConntrackTable table : values()) {
            if (table.name().toLowerCase(Locale.ROOT).equals(text)) {
                return table;
            }
        }
        throw Failure.usage("table " + text + ": not known; give conntrack, expect, dying or unconfirmed");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
