package dev.nfkit.testkit.failure

import java.util.concurrent.ExecutionException
import java.util.concurrent.FutureTask
import java.util.concurrent.Semaphore

/** Runs mostly wait for threads and for each other's steps, so that more of them than processors are at work. */
private val SLOTS = Semaphore(24)

/**
 * Runs a block on a thread of its own, beside other runs. All threads that are started there belong to the thread group of
 * the run: by that it finds the threads that are left, and the log finds the run that a record belongs to.
 */
internal class SeparateRun(
    name: String,
    block: () -> Unit,
) {
    private val task = FutureTask(block, Unit)

    init {
        val run =
            Runnable {
                SLOTS.acquire()
                try {
                    task.run()
                } finally {
                    SLOTS.release()
                }
            }
        Thread(ThreadGroup(name), run, name).apply { isDaemon = true }.start()
    }

    /** Waits for the end of the run; throws what it threw. */
    fun join() {
        try {
            task.get()
        } catch (e: ExecutionException) {
            throw e.cause ?: e
        }
    }
}
