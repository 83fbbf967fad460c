// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

import org.jspecify.annotations.Nullable;

/**
 * Finds what instructions refer to.
 *
 * @param <E> what it throws if there is none
 */
public interface Scope<E extends Exception> {
    /** A set, by its id in the batch or by its name. */
    SetTable set(String name, @Nullable Long id) throws E;

    /** A chain that is jumped to, by its name or its id in the batch. */
    CodeChain chain(@Nullable String name, @Nullable Long id) throws E;

    /** A stateful object. */
    StatefulObject object(int type, String name) throws E;

    /** An instruction that the kernel does not know. */
    E unknown(String name);
}
