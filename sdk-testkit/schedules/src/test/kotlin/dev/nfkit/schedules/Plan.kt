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

    /** What holding it throws is thrown on. */
    HOLD_FAILS,

    /** What holding it throws is caught, and the packet accepted. */
    HOLD_FAILS_AND_ACCEPT,
}

/** What a callback throws on purpose. */
internal class Deliberate : Exception()

/** An Error that is thrown on purpose. */
internal class DeliberateError : Error("deliberate")

/** As the JVM's own, after which any packet may have been lost on its way to its decider. */
internal class DeliberateLack : OutOfMemoryError("deliberate")
