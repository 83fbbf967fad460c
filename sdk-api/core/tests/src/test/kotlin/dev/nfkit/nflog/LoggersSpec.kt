// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nflog

import dev.nfkit.AddressFamily
import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.KernelView
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.lang.reflect.Proxy
import java.util.Optional
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger

private const val OURS = "nfnetlink_log"

/** A kernel with the loggers of a namespace, and what was set and logged. */
private class LoggersRig {
    val names = mutableMapOf(AddressFamily.IPV4 to "nf_log_ipv4", AddressFamily.IPV6 to "nf_log_ipv6")
    var namespace = Optional.of("net:[1]")
    val set = mutableListOf<String>()
    var onSet: (AddressFamily) -> Unit = {}
    private val kernel =
        Proxy.newProxyInstance(javaClass.classLoader, arrayOf(KernelView::class.java)) { _, method, arguments ->
            when {
                method.name == "namespaceId" -> {
                    namespace
                }

                method.name != "logger" -> {
                    error("no test asks for ${method.name}")
                }

                arguments.size == 1 -> {
                    names[arguments[0]]
                }

                else -> {
                    onSet(arguments[0] as AddressFamily)
                    val here = arguments[2] == namespace
                    if (here) set += "${arguments[0]} ${arguments[1]}"
                    here
                }
            }
        } as KernelView
    val loggers = Loggers(kernel)

    fun claim() {
        for (family in names.keys.toList()) {
            loggers.note(family)
            names[family] = OURS
        }
    }

    /** What is logged while a block runs. */
    fun logged(block: () -> Unit): List<LogRecord> {
        val records = mutableListOf<LogRecord>()
        val logger = Logger.getLogger(NflogSession::class.java.name)
        val handler =
            object : Handler() {
                override fun publish(record: LogRecord) {
                    records += record
                }

                override fun flush() = Unit

                override fun close() = Unit
            }
        logger.addHandler(handler)
        logger.useParentHandlers = false
        try {
            block()
        } finally {
            logger.removeHandler(handler)
            logger.useParentHandlers = true
        }
        return records
    }
}

class LoggersSpec :
    FunSpec({
        test("loggers are restored once") {
            val rig = LoggersRig()
            rig.loggers.restore()
            rig.claim()
            rig.logged { repeat(2) { rig.loggers.restore() } }.shouldBeEmpty()
            rig.set shouldContainExactly listOf("IPv4 nf_log_ipv4", "IPv6 nf_log_ipv6")
        }

        test("a logger that another process has changed, or that was the same before, is left alone") {
            val rig = LoggersRig()
            rig.names[AddressFamily.IPV4] = OURS
            rig.claim()
            rig.names[AddressFamily.IPV6] = "nf_log_syslog"
            rig.logged { rig.loggers.restore() }.shouldBeEmpty()
            rig.set.shouldBeEmpty()
        }

        test("loggers of another namespace are left alone, which is logged for each") {
            val rig = LoggersRig()
            rig.claim()
            rig.namespace = Optional.of("net:[2]")
            val records = rig.logged { rig.loggers.restore() }
            rig.set.shouldBeEmpty()
            records.map { it.thrown } shouldContainExactly listOf(null, null)
            records[1].message shouldContain "the logger of IPv6 was nf_log_ipv6"
            records[1].message shouldContain "no longer the one that its name leads to"
        }

        test("a logger that cannot be restored is logged, and keeps no other from it") {
            val rig = LoggersRig()
            rig.claim()
            val problem = SystemCallException("write", Errno.EACCES, null)
            rig.onSet = { if (it == AddressFamily.IPV4) throw problem }
            val record = rig.logged { rig.loggers.restore() }.single()
            record.thrown shouldBeSameInstanceAs problem
            record.message shouldContain "EACCES"
            rig.set shouldContainExactly listOf("IPv6 nf_log_ipv6")
        }

        test("whatever else is thrown comes after the other loggers, with each failure") {
            val rig = LoggersRig()
            rig.claim()
            rig.onSet = { throw IllegalStateException("$it") }
            val failure = shouldThrow<IllegalStateException> { rig.loggers.restore() }
            failure.message shouldBe "IPv4"
            failure.suppressed.map { it.message } shouldContainExactly listOf("IPv6")
            rig.loggers.restore() // they are not tried again
        }
    })
