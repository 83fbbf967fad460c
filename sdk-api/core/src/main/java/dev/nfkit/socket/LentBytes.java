// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;

/** A view that reports each use after its end, its slices included. */
final class LentBytes extends BytesView {
    private final Loan loan;

    LentBytes(Loan loan) {
        this.loan = loan;
    }

    @Override
    protected IllegalStateException useAfterRelease(String message) {
        return loan.escaped(message);
    }

    @Override
    public Bytes slice(int index, int count) {
        return slice(index, count, loan.bytes());
    }
}
