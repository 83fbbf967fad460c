// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.PrintableText;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What makes the installed ruleset the desired one: the changes of a batch as commands of nft, in their order. Immutable.
 *
 * <pre>{@code
 * System.out.print(nftables.difference(desired).toText());
 * // delete rule inet t input handle 7 # tcp dport 80 accept
 * // insert rule inet t input position 9 tcp dport 443 accept
 * }</pre>
 */
public final class Difference {
    private final long generation;
    private final List<Command> commands;
    private final List<String> kept;
    private final Batch batch;

    /**
     * A change.
     *
     * @param text the command of nft, in one line, not made safe to print; what follows {@code #} explains it
     * @param object what is changed, with its handle if it exists
     * @param dropsQueuedPackets whether it removes a base chain, and so drops the packets that wait in all queues of the network
     *     namespace: see {@link Chain}
     */
    public record Command(String text, RulesetObject object, boolean dropsQueuedPackets) {
        /**
         * The command, safe to print.
         *
         * @return one line without a line end
         */
        @Override
        public String toString() {
            return PrintableText.of(text);
        }
    }

    Difference(long generation, List<Command> commands, List<String> kept, Batch batch) {
        this.generation = generation;
        this.commands = List.copyOf(commands);
        this.kept = List.copyOf(kept);
        this.batch = batch;
    }

    /**
     * Whether nothing has to be changed.
     *
     * @return whether there are no commands
     */
    public boolean isEmpty() {
        return commands.isEmpty();
    }

    /**
     * The changes.
     *
     * @return the commands, in the order in which they are applied
     */
    public List<Command> commands() {
        return commands;
    }

    /**
     * What stays although the desired ruleset differs: elements of sets that are filled at run time, flow tables, and comments
     * that the kernel cannot change.
     *
     * @return a short text each, safe to print
     */
    public List<String> kept() {
        return kept;
    }

    /**
     * Whether a change drops the packets that wait in all queues of the network namespace.
     *
     * @return whether a base chain is removed
     */
    public boolean dropsQueuedPackets() {
        return commands.stream().anyMatch(Command::dropsQueuedPackets);
    }

    /**
     * The state of the ruleset that was compared.
     *
     * @return the generation's id, 1 to 2³²−1
     */
    public long generation() {
        return generation;
    }

    /** The changes, for the generation that was compared. */
    Batch batch() {
        return batch;
    }

    /**
     * The commands, safe to print.
     *
     * @return a line each, with line ends; empty if there is no difference
     */
    public String toText() {
        return commands.stream().map(command -> command + "\n").collect(Collectors.joining());
    }

    /**
     * The commands in the schema of libnftables-json(5), as {@code nft -j -f} reads them.
     *
     * <pre>{@code
     * {"nftables": [{"metainfo": ...}, {"delete": {"rule": {"family": "inet", "table": "t", "chain": "c", "handle": 7}}}]}
     * }</pre>
     *
     * @return one object in one line without a line end
     */
    public String toJson() {
        return RulesetJson.commands(batch.changes());
    }

    /**
     * The number of changes.
     *
     * @return text such as {@code 3 changes}
     */
    @Override
    public String toString() {
        return commands.size() + (commands.size() == 1 ? " change" : " changes");
    }
}
