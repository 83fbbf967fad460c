// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack;

import dev.nfkit.AddressFamily;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.table.Conntrack;
import dev.nfkit.conntrack.table.NewConnection;
import dev.nfkit.conntrack.table.NewExpectation;
import dev.nfkit.samples.cli.conntrack.arguments.ConntrackTable;
import dev.nfkit.samples.cli.conntrack.arguments.ConntrackVerb;
import dev.nfkit.samples.cli.conntrack.arguments.EntryOptions;
import dev.nfkit.samples.cli.conntrack.arguments.EntryRequests;
import dev.nfkit.samples.cli.conntrack.arguments.EntrySelection;
import dev.nfkit.samples.cli.conntrack.arguments.ExpectationArguments;
import dev.nfkit.samples.cli.run.Failure;
import java.io.IOException;

/**
 * What a command does with a table. It is made before the table is opened, from all arguments, so that wrong usage has
 * no effect.
 */
interface TableWork {
    /**
     * Does the work.
     *
     * @param open the table
     * @param out where entries and the summary are printed
     * @return the exit code
     */
    int run(Conntrack open, ConntrackOutput out) throws IOException, Failure;

    /**
     * The work of a command on connections, except for events and files of commands.
     *
     * @param verb the command
     * @param which the table of connections
     * @param options the given options
     * @param zero whether to reset the counters of listed connections
     * @return the work
     * @throws Failure if an option is wrong or missing
     */
    static TableWork ofConnections(ConntrackVerb verb, ConntrackTable which, EntryOptions options, boolean zero)
            throws Failure {
        EntryRequests requests = new EntryRequests(options);
        switch (verb) {
            case LIST -> {
                EntrySelection selection = EntrySelection.of(options);
                return (open, out) -> new ConntrackReading(open, out).list(which, selection, zero);
            }
            case GET -> {
                EntryRequests.Name name = requests.name();
                return (open, out) -> new ConntrackReading(open, out).get(name.tuple(), name.zone());
            }
            case CREATE -> {
                NewConnection connection = requests.connection();
                return (open, out) -> new ConntrackChanging(open, out).create(connection);
            }
            case ADD -> {
                NewConnection connection = requests.connection();
                return (open, out) -> new ConntrackChanging(open, out).add(connection);
            }
            case UPDATE -> {
                EntrySelection selection = EntrySelection.toChange(options);
                EntryRequests.EntryChange update = requests.update();
                return (open, out) -> new ConntrackChanging(open, out).update(selection, update);
            }
            case DELETE -> {
                EntrySelection selection = EntrySelection.of(options);
                return (open, out) -> new ConntrackChanging(open, out).delete(selection);
            }
            case FLUSH -> {
                AddressFamily family = options.tuples().family();
                return (open, out) -> new ConntrackChanging(open, out).flush(family);
            }
            case STATS -> {
                return (open, out) -> new ConntrackReading(open, out).statistics();
            }
            default -> {
                return (open, out) -> new ConntrackReading(open, out).count();
            }
        }
    }

    /**
     * The work of a command on expectations, except for events.
     *
     * @param verb the command
     * @param options the given options
     * @param expectations those that only expectations have
     * @return the work
     * @throws Failure if an option is wrong or missing
     */
    static TableWork ofExpectations(ConntrackVerb verb, EntryOptions options, ExpectationArguments expectations)
            throws Failure {
        EntryRequests requests = new EntryRequests(options);
        switch (verb) {
            case LIST -> {
                return (open, out) -> new ExpectationWork(open.expectations(), out).list();
            }
            case GET -> {
                ConntrackTuple tuple = requests.name().tuple();
                return (open, out) -> new ExpectationWork(open.expectations(), out).get(tuple);
            }
            case CREATE -> {
                NewExpectation expectation =
                        expectations.expectation(requests.name().tuple(), requests.timeout(), options.masks());
                return (open, out) -> new ExpectationWork(open.expectations(), out).create(expectation);
            }
            case DELETE -> {
                ConntrackTuple tuple = requests.name().tuple();
                return (open, out) -> new ExpectationWork(open.expectations(), out).delete(tuple);
            }
            case FLUSH -> {
                return (open, out) -> new ExpectationWork(open.expectations(), out).flush();
            }
            case STATS -> {
                return (open, out) -> new ExpectationWork(open.expectations(), out).statistics();
            }
            default -> {
                return (open, out) -> new ExpectationWork(open.expectations(), out).count();
            }
        }
    }
}
