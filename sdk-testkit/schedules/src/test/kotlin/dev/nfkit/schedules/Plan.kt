// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

/** What a decider does with a packet. */
internal enum class Plan {
    ACCEPT,
    DROP,
    MARK,
    THROW,
    FORGET,
    DAWDLE,
    DAWDLE_LONG,
    HOLD_AND_ACCEPT,
    HOLD_AND_DROP,
    HOLD_FOR_EVER,
    HOLD_AND_THROW,

    /** Rethrows what holding the packet throws. */
    HOLD_FAILS,

    /** Catches what holding the packet throws, and accepts the packet. */
    HOLD_FAILS_AND_ACCEPT,
}

/** An exception that a callback throws on purpose. */
internal class Deliberate : Exception()

/** An Error that is thrown on purpose. */
internal class DeliberateError : Error("deliberate")

/** An Error like the JVM's own, after which any packet may have been lost on its way to its decider. */
internal class DeliberateLack : OutOfMemoryError("deliberate")
