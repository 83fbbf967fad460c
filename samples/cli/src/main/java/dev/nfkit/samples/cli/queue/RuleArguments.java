// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.samples.cli.queue.Action.Kind;
import dev.nfkit.samples.cli.run.Failure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * One rule as given on the command line: one of the options of actions. picocli makes one of these for each rule, in
 * order.
 */
final class RuleArguments {
    @Option(names = "--drop", paramLabel = "RULE", description = "[PERCENT%%:] FILTER: drop packets.")
    private @Nullable String drop;

    @Option(names = "--accept", paramLabel = "RULE", description = "[PERCENT%%:] FILTER: accept packets.")
    private @Nullable String accept;

    @Option(
            names = "--mark",
            paramLabel = "RULE",
            description = "MARK[/MASK] [PERCENT%%]: FILTER: accept packets with that mark.")
    private @Nullable String mark;

    @Option(
            names = "--delay",
            paramLabel = "RULE",
            description = "TIME [JITTER] [PERCENT%%]: FILTER: accept packets later; times such as 50ms, 1.5s, 300us."
                    + " Queue such packets in the raw table: after it, connection tracking drops all but one of the"
                    + " packets of a new connection that wait at the same time (not UDP). With --conntrack, packets"
                    + " of new connections are accepted at once instead.")
    private @Nullable String delay;

    @Option(
            names = "--corrupt",
            paramLabel = "RULE",
            description = "[PERCENT%%] [bit|byte] [checksums]: FILTER: flip a bit or replace a byte of the payload at a"
                    + " random position. With checksums, the checksums are corrected; otherwise they become wrong.")
    private @Nullable String corrupt;

    Rule rule() throws Failure {
        if (drop != null) {
            return RuleParser.parse(Kind.DROP, drop);
        }
        if (accept != null) {
            return RuleParser.parse(Kind.ACCEPT, accept);
        }
        if (mark != null) {
            return RuleParser.parse(Kind.MARK, mark);
        }
        if (delay != null) {
            return RuleParser.parse(Kind.DELAY, delay);
        }
        return RuleParser.parse(Kind.CORRUPT, String.valueOf(corrupt));
    }
}
