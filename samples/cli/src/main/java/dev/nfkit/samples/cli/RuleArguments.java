package dev.nfkit.samples.cli;

import dev.nfkit.samples.cli.Action.Kind;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** One rule as it was typed: one of the options of actions. picocli makes one of these for each, in their order. */
final class RuleArguments {
    @Option(names = "--drop", paramLabel = "RULE", description = "[PERCENT%%:] FILTER: throw them away.")
    private @Nullable String drop;

    @Option(names = "--accept", paramLabel = "RULE", description = "[PERCENT%%:] FILTER: let them go on.")
    private @Nullable String accept;

    @Option(
            names = "--mark",
            paramLabel = "RULE",
            description = "MARK[/MASK] [PERCENT%%]: FILTER: let them go on with that mark.")
    private @Nullable String mark;

    @Option(
            names = "--delay",
            paramLabel = "RULE",
            description = "TIME [JITTER] [PERCENT%%]: FILTER: let them go on later; times such as 50ms, 1.5s, 300us."
                    + " Queue such packets in the raw table: behind it, connection tracking drops packets of a new"
                    + " connection that wait at the same time, but for one (not UDP). With --conntrack the packets"
                    + " of new connections go on at once instead.")
    private @Nullable String delay;

    @Option(
            names = "--corrupt",
            paramLabel = "RULE",
            description = "[PERCENT%%] [bit|byte] [checksums]: FILTER: turn a bit of their payload, or replace a byte,"
                    + " anywhere in it. Checksums stay as they are, so that the receiver may notice, or are put right.")
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
