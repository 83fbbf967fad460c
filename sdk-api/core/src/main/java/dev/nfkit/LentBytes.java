package dev.nfkit;

/** A view that reports each use after its end, its slices included. */
final class LentBytes extends Bytes {
    private final Loan loan;

    LentBytes(Loan loan) {
        this.loan = loan;
    }

    @Override
    IllegalStateException released(String message) {
        return loan.escaped(message);
    }

    @Override
    public Bytes slice(int index, int count) {
        return slice(index, count, loan.bytes());
    }
}
