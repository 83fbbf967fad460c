package dev.nfkit;

/** Is told where strict views find that a borrowed one was used after its callback had returned. Test doubles are. */
@FunctionalInterface
public interface EscapeListener {
    /**
     * A borrowed view was used after its end. Any thread: that of the use.
     *
     * @param loan whose view it was
     * @param use the error that the use is about to get, whose stack is the place of the use
     */
    void escaped(Loan loan, IllegalStateException use);
}
