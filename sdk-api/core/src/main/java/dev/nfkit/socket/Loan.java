// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

import dev.nfkit.BytesView;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The loan of one borrowed view to one callback. It exists only if views are strict. It records the place where the
 * view was handed out, releases the views of bytes that were taken from it, and reports a use after its end. Test
 * doubles ask for it ({@link DatagramBatch#strict}), because it costs allocations and
 * a stack trace for each packet.
 */
public final class Loan {
    private final String what;
    private final EscapeListener listener;
    private final Throwable place;
    private @Nullable List<BytesView> views;
    private volatile boolean ended;

    /**
     * Begins a loan at the calling place.
     *
     * @param what what is lent, for messages: {@code packet}, {@code entry}
     * @param listener receives a report of each escape
     */
    public Loan(String what, EscapeListener listener) {
        this.what = Objects.requireNonNull(what, "what");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.place = new Throwable("the " + what + " was handed out here");
    }

    /**
     * What was lent.
     *
     * @return a word such as {@code packet}
     */
    public String what() {
        return what;
    }

    /**
     * The place where it was handed out.
     *
     * @return a throwable with that stack, never thrown
     */
    public Throwable place() {
        return place;
    }

    /**
     * A view of bytes that belongs to this loan.
     *
     * @return a new view of no bytes
     */
    public synchronized BytesView bytes() {
        BytesView view = new LentBytes(this);
        if (views == null) {
            views = new ArrayList<>(4);
        }
        views.add(view);
        return view;
    }

    /** Ends the loan: its views of bytes are released. Idempotent. */
    public synchronized void end() {
        ended = true;
        if (views != null) {
            views.forEach(BytesView::release);
        }
    }

    /**
     * Whether the loan has ended.
     *
     * @return whether {@link #end()} was called
     */
    public boolean ended() {
        return ended;
    }

    /**
     * Reports a use after the end.
     *
     * @param message what is wrong
     * @return the error to throw, with the place of handing out as its cause
     */
    public IllegalStateException escaped(String message) {
        IllegalStateException use = new IllegalStateException(message, place);
        listener.escaped(this, use);
        return use;
    }

    /**
     * The error of a use after the end, with or without strict views.
     *
     * @param loan the loan, or null if views are not strict
     * @param message what is wrong
     * @return the error to throw
     */
    public static IllegalStateException error(@Nullable Loan loan, String message) {
        return loan == null ? new IllegalStateException(message) : loan.escaped(message);
    }

    /**
     * What is lent, for messages.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return "Loan(" + what + ")";
    }
}
