// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import dev.nfkit.Errno
import dev.nfkit.MalformedMessageException
import dev.nfkit.SystemCallException
import java.io.IOException

/**
 * What a callback of a test throws, including undeclared checked exceptions, which Kotlin callers and bytecode can
 * throw.
 */
internal enum class Thrown(
    private val make: () -> Throwable,
) {
    RUNTIME_EXCEPTION({ IllegalStateException(TEXT) }),
    CHECKED_EXCEPTION({ IOException(TEXT) }),

    /** The SDK's own exception, which must not be mistaken for a failure of the session's socket. */
    NETLINK_EXCEPTION({ SystemCallException(TEXT, Errno.EIO, null) }),
    MALFORMED_MESSAGE({ MalformedMessageException(TEXT, 0, "this", "that") }),
    INTERRUPTED({ InterruptedException(TEXT) }),

    /** The thread's interrupt flag is set too. */
    INTERRUPTED_WITH_FLAG({
        Thread.currentThread().interrupt()
        InterruptedException(TEXT)
    }),
    ASSERTION_ERROR({ AssertionError(TEXT) }),
    STACK_OVERFLOW({ StackOverflowError(TEXT) }),
    OUT_OF_MEMORY({ OutOfMemoryError(TEXT) }),
    PLAIN_ERROR({ Error(TEXT) }),

    /** Like ThreadDeath, which newer JDKs no longer have. */
    THREAD_DEATH({ Death() }),
    PLAIN_THROWABLE({ Throwable(TEXT) }),
    ;

    fun create(): Throwable = make()

    private class Death : Error(TEXT)

    private companion object {
        const val TEXT = "thrown by the test"
    }
}

/** Throws in the callback for which it is set, once or at each call, while it is armed. */
internal class Bomb<C>(
    private val target: C,
    val kind: Thrown,
    private val always: Boolean = false,
) {
    private val made = mutableListOf<Throwable>()

    @Volatile private var armed = false

    /** What was thrown, in order. */
    val thrown: List<Throwable> get() = synchronized(made) { made.toList() }

    fun arm() {
        armed = true
    }

    fun disarm() {
        armed = false
    }

    /** Called by the callback. Any thread. */
    fun at(callback: C) {
        if (callback != target || !armed) return
        val thrown =
            synchronized(made) {
                if (!armed) return
                armed = always
                kind.create().also { made += it }
            }
        throw thrown
    }
}

/** A throwable with its causes and suppressed exceptions. */
internal fun Throwable.family(): Sequence<Throwable> {
    val seen = mutableListOf<Throwable>()

    fun visit(each: Throwable) {
        if (seen.any { it === each }) return
        seen += each
        each.cause?.let(::visit)
        each.suppressed.forEach(::visit)
    }
    visit(this)
    return seen.asSequence()
}
