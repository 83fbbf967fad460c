// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.testkit.FakeKernelView;
import dev.nfkit.trace.Trace;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of network interfaces in the comments of a capture, such as {@code ifindex 2 = veth0}. A packet itself has
 * only the indexes.
 */
final class CapturedNames {
    /** A name is shorter than {@code IFNAMSIZ}, and has no white space. */
    private static final Pattern NAME = Pattern.compile("(?:^|, )ifindex (\\d{1,10}) = (\\S{1,15})(?=$|, )");

    private CapturedNames() {}

    /** Passes the names to the view that the replay prints names from. The last name of an index stays. */
    static void show(Trace trace, FakeKernelView kernel) {
        trace.entries()
                .forEach(entry -> entry.comment().ifPresent(comment -> {
                    Matcher found = NAME.matcher(comment);
                    while (found.find()) {
                        kernel.networkInterface(Long.parseLong(found.group(1)), found.group(2));
                    }
                }));
    }
}
