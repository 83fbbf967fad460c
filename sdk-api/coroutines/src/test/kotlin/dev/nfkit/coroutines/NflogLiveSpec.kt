package dev.nfkit.coroutines

import dev.nfkit.KernelRefusedException
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.linux.NetworkNamespace
import dev.nfkit.socket.NetAdmin
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.seconds

private const val PAYLOAD_OFFSET = 28 // behind the headers of IPv4 and UDP

/** A network namespace that logs UDP to group 30, as long as a test takes. */
private class Namespace : AutoCloseable {
    private val name = "nfkit-kt-${ProcessHandle.current().pid()}-${System.nanoTime()}"
    val transport: LinuxTransport = LinuxTransport.of(NetworkNamespace.named(name))

    init {
        run("ip", "netns", "add", name)
        try {
            exec("ip", "link", "set", "lo", "up")
            exec(
                *"iptables -A OUTPUT -p udp --dport 9 -j NFLOG --nflog-group 30 --nflog-prefix live"
                    .split(' ')
                    .toTypedArray(),
            )
        } catch (e: IllegalStateException) {
            close()
            throw e
        }
    }

    /** Sends datagrams that hold one letter each. */
    fun send(letters: String) {
        exec("bash", "-c", letters.map { "printf $it > /dev/udp/127.0.0.1/9" }.joinToString("\n"))
    }

    private fun exec(vararg command: String) = run("ip", "netns", "exec", name, *command)

    private fun run(vararg command: String) {
        val process = ProcessBuilder(*command).redirectErrorStream(true).start()
        process.outputStream.close()
        val text = process.inputStream.bufferedReader().readText()
        check(process.waitFor(BOUND.inWholeSeconds, TimeUnit.SECONDS)) { "${command.joinToString(" ")} does not end" }
        check(process.exitValue() == 0) { "${command.joinToString(" ")} exits ${process.exitValue()}: $text" }
    }

    override fun close() {
        run("ip", "netns", "delete", name)
    }
}

/** Why this can't run here, or null where it can. */
private val obstacle: String? by lazy {
    val reason =
        when (val found = LinuxTransport.current().kernel().netAdmin()) {
            NetAdmin.HELD -> runCatching { Namespace().close() }.exceptionOrNull()?.message
            else -> "netfilter may not be configured here: CAP_NET_ADMIN is $found"
        }
    check(reason == null || System.getProperty("nfkit.live") != "required") { "live tests are required: $reason" }
    reason
}

private val live: (TestCase) -> Enabled = { obstacle?.let(Enabled::disabled) ?: Enabled.enabled }

class NflogLiveSpec :
    FunSpec({
        test("ten packets that a rule logs are collected").config(enabledOrReasonIf = live) {
            Namespace().use { namespace ->
                bounded {
                    val letters =
                        async {
                            namespace.transport
                                .nflog(30)
                                .take(10)
                                .map { it.prefix() to it.payload().u8(PAYLOAD_OFFSET).toChar() }
                                .toList()
                        }
                    eventually("group 30 is bound") {
                        namespace.transport
                            .kernel()
                            .nflogGroups()
                            .any { it.group() == 30 }
                    }
                    namespace.send("abcdefghij")
                    letters.await() shouldContainExactly "abcdefghij".map { "live" to it }
                }
                namespace.transport
                    .kernel()
                    .nflogGroups()
                    .shouldBeEmpty()
            }
        }

        test("a collector that the kernel blocks is cancelled at once, and the group is free").config(
            enabledOrReasonIf = live,
        ) {
            Namespace().use { namespace ->
                repeat(20) {
                    bounded {
                        val job = launch(Dispatchers.Default) { namespace.transport.nflog(30).collect {} }
                        eventually("group 30 is bound") {
                            namespace.transport
                                .kernel()
                                .nflogGroups()
                                .any { it.group() == 30 }
                        }
                        job.cancelAndJoin()
                    }
                    namespace.transport
                        .kernel()
                        .nflogGroups()
                        .shouldBeEmpty()
                }
            }
        }

        test("stop loses nothing that the kernel still holds, and the statistics agree").config(
            enabledOrReasonIf = live,
        ) {
            Namespace().use { namespace ->
                bounded {
                    namespace.transport.useNflog({ group(30) { timeout = 100.seconds } }) {
                        namespace.send("abcdefghijklmnopqrstuvwxyz")
                        stop()
                        packets.toList().size shouldBe 26
                        stats().packets() shouldBe 26
                        stats().sequenceGaps() shouldBe 0
                        stats().discarded() shouldBe 0
                    }
                }
            }
        }

        test("a group has one owner, whom the refusal names").config(enabledOrReasonIf = live) {
            Namespace().use { namespace ->
                namespace.transport.useNflog({ group(30) }) {
                    shouldThrow<KernelRefusedException> { namespace.transport.nflog(30).collect {} }
                        .message shouldContain "port $portId"
                }
            }
        }
    })
