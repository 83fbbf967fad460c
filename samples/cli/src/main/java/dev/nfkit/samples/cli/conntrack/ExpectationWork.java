// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack;

import dev.nfkit.NetlinkException;
import dev.nfkit.conntrack.ConntrackExpectation;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.conntrack.table.DumpResult;
import dev.nfkit.conntrack.table.ExpectationSink;
import dev.nfkit.conntrack.table.Expectations;
import dev.nfkit.conntrack.table.NewExpectation;
import dev.nfkit.samples.cli.output.Messages;
import dev.nfkit.samples.cli.output.WriteFailure;
import dev.nfkit.samples.cli.run.Failure;
import java.util.Optional;

/** Shows and changes the expectation table. */
final class ExpectationWork {
    private final Expectations table;
    private final ConntrackOutput output;

    ExpectationWork(Expectations table, ConntrackOutput output) {
        this.table = table;
        this.output = output;
    }

    /** Lists all expectations and returns the exit code. */
    int list() throws NetlinkException, WriteFailure {
        ExpectationSink<WriteFailure> sink = output::expectation;
        DumpResult result = table.dump(sink);
        ConntrackOutput.warn(result);
        output.end(true);
        output.summary(result.delivered(), "expectations have been shown");
        return 0;
    }

    /** Prints one expectation and returns the exit code. */
    int get(ConntrackTuple tuple) throws NetlinkException, WriteFailure, Failure {
        Optional<ConntrackExpectation> found = table.get(tuple);
        if (found.isEmpty()) {
            throw Failure.running("there is no such expectation: " + tuple);
        }
        output.expectation(found.get());
        output.end(true);
        output.summary(1, "expectations have been shown");
        return 0;
    }

    /** Creates an expectation and returns the exit code. */
    int create(NewExpectation expectation) throws NetlinkException, WriteFailure {
        table.create(expectation);
        output.summary(1, "expectations have been created");
        return 0;
    }

    /** Removes an expectation and returns the exit code. */
    int delete(ConntrackTuple tuple) throws NetlinkException, WriteFailure {
        boolean deleted = table.delete(tuple);
        output.summary(deleted ? 1 : 0, "expectations have been deleted");
        return deleted ? 0 : Failure.RUNNING;
    }

    /** Removes all expectations and returns the exit code. */
    int flush() throws NetlinkException {
        table.flush();
        Messages.print("nfkit conntrack: expectation table has been emptied.");
        return 0;
    }

    /** Prints the counters of each processor and returns the exit code. */
    int statistics() throws NetlinkException, WriteFailure {
        output.counters(table.cpuStatistics(), "expect_");
        output.flush();
        return 0;
    }

    /** Prints the number of expectations and returns the exit code. */
    int count() throws NetlinkException, WriteFailure {
        ExpectationSink<RuntimeException> none = expectation -> {};
        output.count(table.dump(none).delivered(), -1);
        output.flush();
        return 0;
    }
}
