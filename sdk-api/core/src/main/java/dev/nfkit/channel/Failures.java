package dev.nfkit.channel;

import org.jspecify.annotations.Nullable;

/**
 * Joins what several steps throw that must all be carried out: the first failure is thrown at the end, later ones are
 * suppressed exceptions of it. It allocates nothing that it could do without, since one of the failures may be that memory is
 * short.
 */
public final class Failures {
    private Failures() {}

    /**
     * Joins two failures.
     *
     * @param first the earlier one, or null if there is none
     * @param next the later one
     * @return the earlier one, with the later one as suppressed; or the later one where it is alone
     */
    public static Throwable join(@Nullable Throwable first, Throwable next) {
        if (first == null) {
            return next;
        }
        if (first != next) {
            try {
                first.addSuppressed(next);
            } catch (Throwable ignored) {
                // There is no memory for it; the first failure counts.
            }
        }
        return first;
    }

    /**
     * Closes something after a failure, which is the one to be thrown.
     *
     * @param open what to close
     * @param failure the failure; what closing throws becomes a suppressed exception of it
     */
    public static void closeAfter(AutoCloseable open, Throwable failure) {
        try {
            open.close();
        } catch (Throwable later) {
            join(failure, later);
        }
    }

    /**
     * Throws a failure as it is, a checked one too: a handler may have thrown any Throwable without declaring it.
     *
     * @param failure what to throw, or null for nothing
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
