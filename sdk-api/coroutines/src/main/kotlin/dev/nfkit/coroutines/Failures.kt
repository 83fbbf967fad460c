package dev.nfkit.coroutines

/** This failure, with a later one as its suppressed exception. Without memory for that, the first failure counts. */
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
