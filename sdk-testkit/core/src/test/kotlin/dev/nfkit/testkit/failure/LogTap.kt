// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.failure

import java.util.concurrent.ConcurrentHashMap
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger

/**
 * Captures the log of the SDK while a block runs. Logging may be set to fail, as the handler of a log server may. It
 * receives the records of threads in the block's thread group, so that concurrent runs have separate logs.
 */
internal class LogTap(
    private val onRecord: () -> Unit,
) {
    private val records = mutableListOf<LogRecord>()

    /** The exception that was logged with a message. */
    fun thrown(): List<Throwable> = synchronized(records) { records.mapNotNull { it.thrown } }

    fun messages(): List<String> = synchronized(records) { records.map { it.message } }

    private fun publish(record: LogRecord) {
        synchronized(records) { records += record }
        onRecord()
    }

    fun <T> during(block: () -> T): T {
        val group = Thread.currentThread().threadGroup
        check(taps.putIfAbsent(group, this) == null) { "another run taps the log of $group" }
        begin()
        try {
            return block()
        } finally {
            end()
            taps.remove(group)
        }
    }

    /** The only handler while there are taps. */
    private object Distributor : Handler() {
        override fun publish(record: LogRecord) {
            taps[Thread.currentThread().threadGroup]?.publish(record)
        }

        override fun flush() = Unit

        override fun close() = Unit
    }

    private companion object {
        /** Kept, since loggers without references are collected. */
        val ROOT: Logger = Logger.getLogger("dev.nfkit")

        val taps = ConcurrentHashMap<ThreadGroup, LogTap>()
        private var running = 0
        private var levelBefore: Level? = null

        @Synchronized
        fun begin() {
            if (running++ > 0) return
            levelBefore = ROOT.level
            ROOT.level = Level.ALL
            ROOT.useParentHandlers = false
            Distributor.level = Level.ALL
            ROOT.addHandler(Distributor)
        }

        @Synchronized
        fun end() {
            if (--running > 0) return
            ROOT.removeHandler(Distributor)
            ROOT.useParentHandlers = true
            ROOT.level = levelBefore
        }
    }
}
