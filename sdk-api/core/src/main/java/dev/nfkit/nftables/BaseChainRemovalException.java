// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.CodedError;
import dev.nfkit.ErrorCode;

/**
 * A difference removes a base chain, which {@link ReconcileOptions#keepBaseChains()} forbids: the kernel would drop the packets
 * that wait in all queues of the network namespace. Nothing was changed.
 */
public final class BaseChainRemovalException extends IllegalStateException implements CodedError {
    private static final long serialVersionUID = 1L;

    private final transient Difference difference;

    BaseChainRemovalException(Difference difference, String command) {
        super("refused by keepBaseChains: \"" + command
                + "\" would drop the packets that wait in all queues of the network namespace");
        this.difference = difference;
    }

    /**
     * The difference that was refused.
     *
     * @return the difference; {@link Difference.Command#dropsQueuedPackets()} marks the commands
     */
    public Difference difference() {
        return difference;
    }

    /**
     * The code of this error.
     *
     * @return {@link ErrorCode#BASE_CHAIN}
     */
    @Override
    public ErrorCode code() {
        return ErrorCode.BASE_CHAIN;
    }
}
