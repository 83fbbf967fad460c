// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

/**
 * Receives reports of borrowed views that were used after their callback had returned, as strict views detect it. Test
 * doubles implement it.
 */
@FunctionalInterface
public interface EscapeListener {
    /**
     * A borrowed view was used after its end. Called on the thread that used it, which may be any.
     *
     * @param loan the loan that the view belonged to
     * @param use the error that the use is about to throw; its stack shows the place of the use
     */
    void escaped(Loan loan, IllegalStateException use);
}
