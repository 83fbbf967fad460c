package dev.nfkit.netfilter;

import dev.nfkit.MalformedMessageException;

/** Is told of bytes that can't be read. They are counted in any case, and the session goes on behind them. */
@FunctionalInterface
public interface MalformedHandler {
    /**
     * Takes notice of malformed bytes, on the thread that polls.
     *
     * @param problem what is wrong, and where
     * @throws MalformedMessageException if the poll in progress shall fail for it; what follows comes with the next poll
     */
    void malformed(MalformedMessageException problem) throws MalformedMessageException;
}
