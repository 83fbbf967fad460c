// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import java.util.concurrent.locks.LockSupport

private const val RETRY_NANOS = 10_000_000L

/**
 * This failure, with a later one as its suppressed exception. If there is no memory for that, the first failure is
 * kept.
 */
internal fun Throwable.joined(next: Throwable): Throwable {
    if (next !== this) {
        try {
            addSuppressed(next)
        } catch (e: OutOfMemoryError) {
            return this
        }
    }
    return this
}

/**
 * Executes a step that other threads wait for. It is repeated while there is no memory for it; any other failure is
 * thrown. Inline, since an object for the step would itself need memory.
 */
internal inline fun insist(step: () -> Unit) {
    while (true) {
        try {
            return step()
        } catch (e: OutOfMemoryError) {
            LockSupport.parkNanos(RETRY_NANOS)
        }
    }
}
