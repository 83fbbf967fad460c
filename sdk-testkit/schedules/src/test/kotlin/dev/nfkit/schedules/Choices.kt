// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.schedules

import org.pastalab.fray.core.ThreadContext
import org.pastalab.fray.core.randomness.Randomness
import org.pastalab.fray.core.scheduler.RandomScheduler
import org.pastalab.fray.core.scheduler.Scheduler

/** The choices of a scheduler in one schedule, each time that more than one thread could proceed. */
internal class Choices {
    private val enabled = mutableListOf<Int>()
    private val thread = mutableListOf<Int>()
    private val operation = mutableListOf<String>()

    val size: Int get() = enabled.size

    fun add(
        next: ThreadContext,
        of: List<ThreadContext>,
    ) {
        enabled += of.size
        thread += next.index
        operation += next.pendingOperation.javaClass.simpleName
    }

    /** Describes where another schedule of the same seed made a different choice; null if it did not. */
    fun differenceFrom(other: Choices): String? {
        val at = (0 until maxOf(size, other.size)).firstOrNull { describe(it) != other.describe(it) } ?: return null
        return "choice ${at + 1} of $size and ${other.size} was ${describe(at)}, then ${other.describe(at)}"
    }

    private fun describe(at: Int): String =
        if (at < size) "thread ${thread[at]} of ${enabled[at]} (${operation[at]})" else "the end"
}

/** The number of choices of a schedule after which each thread has the same chance: more than nearly all take. */
private const val FAIR_AFTER = 5_000

/** Records what another scheduler chooses. */
internal class RecordedScheduler(
    private val scheduler: Scheduler,
) : Scheduler(scheduler.rand) {
    val choices = Choices()

    /** One that goes by priorities may prefer threads that wait for another one, without end. */
    private val fair = RandomScheduler(rand)

    override fun scheduleNextOperation(
        threads: List<ThreadContext>,
        allThreads: Collection<ThreadContext>,
    ): ThreadContext {
        val chooser = if (choices.size < FAIR_AFTER) scheduler else fair
        return chooser.scheduleNextOperation(threads, allThreads).also {
            // A thread that loads a class proceeds alone until the class is loaded, once in a JVM.
            if (threads.size > 1) choices.add(it, threads)
        }
    }

    override fun nextIteration(randomness: Randomness): Scheduler =
        throw UnsupportedOperationException("a schedule has one iteration")
}
