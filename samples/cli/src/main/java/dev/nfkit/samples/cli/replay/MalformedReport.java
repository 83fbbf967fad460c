// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.netfilter.MalformedHandler;
import dev.nfkit.samples.cli.output.Messages;
import org.jspecify.annotations.Nullable;

/** Prints malformed messages up to a limit, counts all of them and keeps the first. One thread at a time. */
final class MalformedReport implements MalformedHandler {
    /** A limit is needed since a recording may consist of malformed messages only. */
    static final int MOST_LINES = 100;

    private final String name;
    private @Nullable MalformedMessageException first;
    private long count;

    /**
     * Creates an empty report.
     *
     * @param name the file that the messages are from
     */
    MalformedReport(String name) {
        this.name = name;
    }

    /** Reports a malformed message at an unknown position, such as one that a session received. */
    @Override
    public void malformed(MalformedMessageException problem) {
        take("", problem);
    }

    /** Reports a malformed message in an entry of the recording; entries count from 1. */
    void malformed(long entry, MalformedMessageException problem) {
        take("entry " + entry + ": ", problem);
    }

    private void take(String where, MalformedMessageException problem) {
        count++;
        if (first == null) {
            first = problem;
        }
        if (count <= MOST_LINES) {
            Messages.print("nfkit: " + name + ": " + where + problem.getMessage());
        } else if (count == MOST_LINES + 1) {
            Messages.print("nfkit: " + name + ": further malformed messages are counted, but not printed");
        }
    }

    long count() {
        return count;
    }

    @Nullable
    MalformedMessageException first() {
        return first;
    }
}
