// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import java.util.concurrent.ExecutionException
import java.util.concurrent.FutureTask
import java.util.concurrent.Semaphore

/** Runs mostly wait for threads and for each other, so there may be more of them than processors. */
private val SLOTS = Semaphore(24)

/**
 * Runs a block on a separate thread, concurrently with other runs. All threads that it starts belong to the thread
 * group of the run, by which it finds threads that are left, and by which the log assigns a record to its run.
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

    /** Waits for the end of the run. Throws what it threw. */
    fun join() {
        try {
            task.get()
        } catch (e: ExecutionException) {
            throw e.cause ?: e
        }
    }
}
