// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import org.jspecify.annotations.Nullable;

/**
 * Joins the exceptions of several steps that must all be carried out: the first is thrown at the end, and later ones
 * are its suppressed exceptions. It allocates as little as possible, because one of the failures may be a lack of
 * memory.
 */
public final class Failures {
    private Failures() {}

    /**
     * Joins two failures.
     *
     * @param first the earlier one, or null if there is none
     * @param next the later one
     * @return the earlier one, with the later one as suppressed; or the later one if there is no earlier one
     */
    public static Throwable join(@Nullable Throwable first, Throwable next) {
        if (first == null) {
            return next;
        }
        if (first != next) {
            try {
                first.addSuppressed(next);
            } catch (Throwable ignored) {
                // There is no memory for it; the first failure is kept.
            }
        }
        return first;
    }

    /**
     * Closes a resource after a failure; the failure is then thrown.
     *
     * @param open what to close
     * @param failure the failure; an exception of closing becomes a suppressed exception of it
     */
    public static void closeAfter(AutoCloseable open, Throwable failure) {
        try {
            open.close();
        } catch (Throwable later) {
            join(failure, later);
        }
    }

    /**
     * Throws a failure unchanged, even a checked one: a handler may have thrown any Throwable without declaring it.
     *
     * @param failure the failure to throw, or null for none
     */
    public static void rethrow(@Nullable Throwable failure) {
        if (failure != null) {
            Failures.<RuntimeException>raise(failure);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> void raise(Throwable failure) throws E {
        throw (E) failure;
    }
}
