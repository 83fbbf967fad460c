// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.process;

import dev.nfkit.conntrack.ConntrackTuple;

/** Answers without a search. */
enum NoProcesses implements ProcessResolver {
    INSTANCE;

    private static final Attribution ANSWER = Attribution.unknown(UnknownReason.NOT_ASKED);

    @Override
    public Attribution resolve(ConntrackTuple tuple) {
        return ANSWER;
    }

    @Override
    public void close() {}
}
