package dev.nfkit.samples.cli;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.netfilter.MalformedHandler;
import org.jspecify.annotations.Nullable;

/** Counts malformed messages and remembers the first. One thread at a time. */
final class MalformedReport implements MalformedHandler {
    private @Nullable MalformedMessageException first;
    private long count;

    @Override
    public void malformed(MalformedMessageException problem) {
        count++;
        if (first == null) {
            first = problem;
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
