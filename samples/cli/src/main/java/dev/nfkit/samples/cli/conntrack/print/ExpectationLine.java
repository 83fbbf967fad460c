// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.print;

import dev.nfkit.PrintableText;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackTuple;

/** Formats an expectation as conntrack(8) does. */
public final class ExpectationLine {
    private ExpectationLine() {}

    public static void append(ConntrackExpectation expectation, StringBuilder line) {
        if (expectation.timeout().isPresent()) {
            line.append(expectation.timeout().getAsLong()).append(' ');
        }
        ConntrackTuple tuple = expectation.tuple().orElse(null);
        line.append("proto=").append(tuple != null && tuple.hasProtocol() ? tuple.protocol() : 0);
        line.append(' ');
        if (tuple != null) {
            TupleText.append(tuple, "", line);
        }
        expectation.mask().ifPresent(mask -> TupleText.append(mask, "mask-", line));
        expectation.master().ifPresent(master -> TupleText.append(master, "master-", line));
        if (expectation.zone() != 0) {
            line.append("zone=").append(expectation.zone()).append(' ');
        }
        flags(expectation.flags(), line);
        if (expectation.hasHelperClass()) {
            line.append("class=").append(expectation.helperClass()).append(' ');
        }
        expectation.helper().ifPresent(helper -> {
            PrintableText.append(line.append("helper="), helper);
            line.append(' ');
        });
        line.setLength(line.length() - 1);
    }

    private static void flags(long flags, StringBuilder line) {
        int start = line.length();
        flag(flags, ConntrackExpectation.PERMANENT, "PERMANENT,", line);
        flag(flags, ConntrackExpectation.INACTIVE, "INACTIVE,", line);
        flag(flags, ConntrackExpectation.USERSPACE, "USERSPACE,", line);
        if (line.length() > start) {
            line.setCharAt(line.length() - 1, ' ');
        }
    }

    private static void flag(long flags, long bit, String name, StringBuilder line) {
        if ((flags & bit) != 0) {
            line.append(name);
        }
    }
}
