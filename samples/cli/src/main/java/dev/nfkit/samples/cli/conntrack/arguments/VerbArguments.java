// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack.arguments;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The commands of conntrack(8), of which exactly one is given. */
public final class VerbArguments {
    @Option(
            names = {"-L", "--dump"},
            description = "List the table, or the entries that filters match.")
    private boolean list;

    @Option(
            names = {"-E", "--event"},
            description = "Show the events of the table, until SIGINT or SIGTERM.")
    private boolean event;

    @Option(
            names = {"-G", "--get"},
            description = "Show the entry of a tuple.")
    private boolean get;

    @Option(
            names = {"-I", "--create"},
            description = "Create an entry.")
    private boolean create;

    @Option(
            names = {"-A", "--add"},
            description = "Create an entry, or change the existing one.")
    private boolean add;

    @Option(
            names = {"-R", "--load-file"},
            paramLabel = "FILE",
            description =
                    "Execute the commands of a file, such as one of -o save: -I, -A, -U, -D and -F, one a line; - for"
                            + " standard input.")
    private @Nullable Path file;

    @Option(
            names = {"-U", "--update"},
            description = "Change entries: -m, -t, -u, --state and labels are new values, the rest selects.")
    private boolean update;

    @Option(
            names = {"-D", "--delete"},
            description = "Remove the entries that filters match.")
    private boolean delete;

    @Option(
            names = "--kill",
            description =
                    "End the sockets of the connections that filters match, of TCP and UDP: their processes get an error,"
                            + " and the other end of TCP a reset.")
    private boolean kill;

    @Option(
            names = {"-F", "--flush"},
            description = "Remove all entries.")
    private boolean flush;

    @Option(
            names = {"-S", "--stats"},
            description = "Show the counters of each processor.")
    private boolean stats;

    @Option(
            names = {"-C", "--count"},
            description = "Show the number of entries.")
    private boolean count;

    public ConntrackVerb verb() {
        if (list) {
            return ConntrackVerb.LIST;
        } else if (event) {
            return ConntrackVerb.EVENT;
        } else if (get) {
            return ConntrackVerb.GET;
        } else if (create) {
            return ConntrackVerb.CREATE;
        } else if (add) {
            return ConntrackVerb.ADD;
        } else if (file != null) {
            return ConntrackVerb.LOAD;
        } else if (update) {
            return ConntrackVerb.UPDATE;
        } else if (delete) {
            return ConntrackVerb.DELETE;
        } else if (kill) {
            return ConntrackVerb.KILL;
        } else if (flush) {
            return ConntrackVerb.FLUSH;
        } else if (stats) {
            return ConntrackVerb.STATS;
        } else if (count) {
            return ConntrackVerb.COUNT;
        }
        throw new IllegalStateException("picocli accepted none of the commands");
    }

    /** The file of {@code -R}; empty for other commands. */
    public Optional<Path> file() {
        return Optional.ofNullable(file);
    }
}
