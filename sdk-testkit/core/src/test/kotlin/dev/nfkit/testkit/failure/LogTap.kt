package dev.nfkit.testkit.failure

import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger

/** The log of the SDK while a block runs: what is logged is kept, and may fail as a log server's handler fails. */
internal class LogTap(
    private val onRecord: () -> Unit,
) : Handler() {
    private val records = mutableListOf<LogRecord>()

    /** What was logged together with a message. */
    fun thrown(): List<Throwable> = synchronized(records) { records.mapNotNull { it.thrown } }

    fun messages(): List<String> = synchronized(records) { records.map { it.message } }

    override fun publish(record: LogRecord) {
        synchronized(records) { records += record }
        onRecord()
    }

    override fun flush() = Unit

    override fun close() = Unit

    fun <T> during(block: () -> T): T {
        level = Level.ALL
        val before = ROOT.level
        ROOT.level = Level.ALL
        ROOT.useParentHandlers = false
        ROOT.addHandler(this)
        try {
            return block()
        } finally {
            ROOT.removeHandler(this)
            ROOT.useParentHandlers = true
            ROOT.level = before
        }
    }

    private companion object {
        /** Kept, since loggers are collected that nobody holds. */
        val ROOT: Logger = Logger.getLogger("dev.nfkit")
    }
}
