package dev.nfkit.samples.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The commands of conntrack(8), of which one is given. */
final class VerbArguments {
    @Option(
            names = {"-L", "--dump"},
            description = "List the table, or those of it that filters mean.")
    private boolean list;

    @Option(
            names = {"-E", "--event"},
            description = "Show what happens to it, until SIGINT or SIGTERM.")
    private boolean event;

    @Option(
            names = {"-G", "--get"},
            description = "Show the one entry of a tuple.")
    private boolean get;

    @Option(
            names = {"-I", "--create"},
            description = "Make an entry.")
    private boolean create;

    @Option(
            names = {"-A", "--add"},
            description = "Make an entry, or change the one that exists.")
    private boolean add;

    @Option(
            names = {"-R", "--load-file"},
            paramLabel = "FILE",
            description =
                    "Carry out the commands of a file, such as one of -o save: -I, -A, -U, -D and -F, one a line; - for"
                            + " standard input.")
    private @Nullable Path file;

    @Option(
            names = {"-U", "--update"},
            description = "Change entries: -m, -t, -u, --state and labels are their new values, the rest says which.")
    private boolean update;

    @Option(
            names = {"-D", "--delete"},
            description = "Remove those that filters mean.")
    private boolean delete;

    @Option(
            names = {"-F", "--flush"},
            description = "Remove all.")
    private boolean flush;

    @Option(
            names = {"-S", "--stats"},
            description = "Show what each processor counted.")
    private boolean stats;

    @Option(
            names = {"-C", "--count"},
            description = "Show how many there are.")
    private boolean count;

    ConntrackVerb verb() {
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
        } else if (flush) {
            return ConntrackVerb.FLUSH;
        } else if (stats) {
            return ConntrackVerb.STATS;
        } else if (count) {
            return ConntrackVerb.COUNT;
        }
        throw new IllegalStateException("picocli let none of the commands through");
    }

    /** The file of {@code -R}; empty for another command. */
    Optional<Path> file() {
        return Optional.ofNullable(file);
    }
}
