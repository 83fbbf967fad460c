package dev.nfkit.testkit.fault;

/** Throws what a test wants thrown, declared or not. */
final class Throwing {
    private Throwing() {}

    /** Throws it as it is; the return type serves callers that have to return something. */
    static RuntimeException undeclared(Throwable failure) {
        return Throwing.<RuntimeException>raise(failure);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> RuntimeException raise(Throwable failure) throws E {
        throw (E) failure;
    }
}
