package dev.nfkit.coroutines

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
