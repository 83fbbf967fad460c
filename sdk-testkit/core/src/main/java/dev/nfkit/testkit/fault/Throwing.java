// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.fault;

/** Throws any throwable, declared or not. */
final class Throwing {
    private Throwing() {}

    /** Throws it unchanged. The return type serves callers that must return a value. */
    static RuntimeException undeclared(Throwable failure) {
        return Throwing.<RuntimeException>raise(failure);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> RuntimeException raise(Throwable failure) throws E {
        throw (E) failure;
    }
}
