// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import dev.nfkit.testkit.failure.QueuePhase.CLOSE
import dev.nfkit.testkit.failure.QueuePhase.CONFIGURE
import dev.nfkit.testkit.failure.QueuePhase.HELD
import dev.nfkit.testkit.failure.QueuePhase.OPEN
import dev.nfkit.testkit.failure.QueuePhase.POLL
import dev.nfkit.testkit.failure.QueuePhase.STOP

/** When a callback of a queue's session fails. */
internal enum class QueuePhase(
    val words: String,
) {
    OPEN("while the session is opened"),
    POLL("in a poll"),
    HELD("when held packets reach their deadline"),
    CONFIGURE("while a queue is reconfigured"),
    STOP("while a stop is carried out"),
    CLOSE("while the session is closed"),
}

/** Where a failure must be reported. */
internal enum class Reach {
    /** The call in progress throws it unchanged. */
    CALLER,

    /** The call in progress throws it, or it is logged. */
    CALLER_OR_LOG,

    /** Only the recording fails. */
    RECORDING,

    /** It may be lost: the log itself has failed. */
    ANYWHERE,
}

/** A row of the table: what may fail, and when it is called. */
internal enum class QueueCallback(
    val words: String,
    private val usualReach: Reach,
    vararg val phases: QueuePhase,
) {
    DECIDER("the decider", Reach.CALLER, POLL, HELD, STOP, CLOSE),
    HOLDING_DECIDER("the decider of a packet that it has held", Reach.CALLER, POLL, STOP, CLOSE),
    ON_MALFORMED("onMalformed", Reach.CALLER, OPEN, POLL, CONFIGURE, STOP, CLOSE),
    ON_UNREADABLE("onMalformed of a packet whose id is known", Reach.CALLER, POLL, CONFIGURE, STOP),
    ON_REFUSED("onRefused", Reach.CALLER_OR_LOG, POLL, STOP, CLOSE),
    ON_UNANSWERED("onUnanswered", Reach.CALLER_OR_LOG, HELD, STOP, CLOSE),
    LOG_OF_MALFORMED("the log of malformed bytes", Reach.ANYWHERE, OPEN, POLL, CONFIGURE, STOP, CLOSE),
    LOG_OF_UNANSWERED("the log of unanswered packets", Reach.ANYWHERE, HELD, STOP, CLOSE),
    LOG_OF_SLOW_DECIDER("the log of slow deciders", Reach.ANYWHERE, POLL),
    LOG_OF_HANDLER("the log of a handler that fails", Reach.ANYWHERE, HELD, STOP, CLOSE),
    TRACE_SOCKET("the socket call of a trace sink", Reach.RECORDING, OPEN),
    TRACE_NOTE("the note call of a trace sink", Reach.RECORDING, OPEN),
    TRACE_TO_KERNEL("the toKernel call of a trace sink", Reach.RECORDING, OPEN, POLL, HELD, CONFIGURE, STOP, CLOSE),
    TRACE_FROM_KERNEL("the fromKernel call of a trace sink", Reach.RECORDING, OPEN, POLL, CONFIGURE, STOP, CLOSE),
    TRACE_CLOSED("the closed call of a trace sink", Reach.RECORDING, STOP, CLOSE),
    TRACE_FLUSH("the flush call of a trace sink", Reach.RECORDING, STOP, CLOSE),
    KERNEL_VIEW("the kernel view", Reach.CALLER_OR_LOG, OPEN, CONFIGURE, STOP, CLOSE),
    SEND("the transport's send", Reach.CALLER_OR_LOG, OPEN, POLL, HELD, CONFIGURE, STOP, CLOSE),
    RECEIVE("the transport's receive", Reach.CALLER_OR_LOG, OPEN, POLL, CONFIGURE, STOP, CLOSE),
    CLOSE_CALL("the transport's close", Reach.CALLER_OR_LOG, STOP, CLOSE),
    ;

    val isLog: Boolean get() = name.startsWith("LOG_")
    val isTrace: Boolean get() = name.startsWith("TRACE_")
    val isDecider: Boolean get() = this == DECIDER || this == HOLDING_DECIDER

    /** Whether no handler is set, so that everything is logged. */
    val logsOnly: Boolean get() = isLog && this != LOG_OF_HANDLER

    val damage: Damage
        get() =
            when (this) {
                ON_MALFORMED, LOG_OF_MALFORMED -> Damage.MESSAGE
                ON_UNREADABLE -> Damage.ATTRIBUTE
                else -> Damage.NOTHING
            }

    /** Whether each verdict is sent unchanged and at once: the failure does not affect verdicts. */
    val sendsAsDecided: Boolean
        get() = this !in setOf(ON_REFUSED, LOG_OF_SLOW_DECIDER, SEND, RECEIVE, CLOSE_CALL)

    fun reach(phase: QueuePhase): Reach =
        when {
            // The kernel's refusal comes first, and explaining it may fail.
            this == KERNEL_VIEW && (phase == OPEN || phase == CONFIGURE) -> Reach.ANYWHERE

            // Discarded packets are counted to the end.
            phase == CLOSE && damage != Damage.NOTHING && usualReach == Reach.CALLER -> Reach.CALLER_OR_LOG

            else -> usualReach
        }
}

/** One combination. */
internal data class QueueFailure(
    val callback: QueueCallback,
    val phase: QueuePhase,
    val kind: Thrown,
    val deadline: Boolean,
    val always: Boolean,
) {
    override fun toString(): String =
        "$kind of ${callback.words}, " + (if (always) "at each call, " else "") +
            (if (deadline) "with a deadline" else "without a deadline")

    companion object {
        fun of(
            callback: QueueCallback,
            phase: QueuePhase,
        ): List<QueueFailure> =
            Thrown.entries.flatMap { kind ->
                deadlines(callback, phase).flatMap { deadline ->
                    repeats(phase).map { QueueFailure(callback, phase, kind, deadline, it) }
                }
            }

        private fun deadlines(
            callback: QueueCallback,
            phase: QueuePhase,
        ) = if (phase == HELD || callback == QueueCallback.LOG_OF_SLOW_DECIDER) listOf(true) else listOf(false, true)

        private fun repeats(phase: QueuePhase) =
            if (phase == STOP ||
                phase == CLOSE
            ) {
                listOf(false, true)
            } else {
                listOf(false)
            }
    }
}
