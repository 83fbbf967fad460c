package dev.nfkit.samples.cli;

import dev.nfkit.MalformedMessageException;
import dev.nfkit.netfilter.MalformedHandler;
import org.jspecify.annotations.Nullable;

/** Remembers the first malformed message; the session counts them all. One thread at a time. */
final class MalformedReport implements MalformedHandler {
    private @Nullable MalformedMessageException first;

    @Override
    public void malformed(MalformedMessageException problem) {
        if (first == null) {
            first = problem;
        }
    }

    @Nullable
    MalformedMessageException first() {
        return first;
    }
}
