package dev.nfkit.samples.dns

import com.sun.jna.Native
import dev.nfkit.linux.LinuxTransport
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.socket.NetAdmin
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.test.Enabled
import io.kotest.core.test.TestCase
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import org.jspecify.annotations.NullMarked
import java.nio.file.Path
import java.util.concurrent.TimeUnit

private val BOUND_SECONDS: Long = System.getProperty("nfkit.live.bound", "60").toLong()
private val name = "nfkit-dns-${ProcessHandle.current().pid()}"
private val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()

private val modulePath =
    listOf(
        DomainBlocker::class,
        NfqueueSession::class,
        LinuxTransport::class,
        Native::class,
        NullMarked::class,
    ).joinToString(":") {
        Path
            .of(
                it.java.protectionDomain.codeSource.location
                    .toURI(),
            ).toString()
    }

private fun run(vararg command: String): String {
    val process = ProcessBuilder(*command).redirectErrorStream(true).start()
    process.outputStream.close()
    val output = process.inputStream.reader().readText()
    check(process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) { "${command.joinToString(" ")} does not end" }
    check(process.exitValue() == 0) { "${command.joinToString(" ")}: $output" }
    return output
}

private fun inside(vararg command: String): String = run("ip", "netns", "exec", name, *command)

private fun <T> namespace(block: () -> T): T {
    run("ip", "netns", "add", name)
    try {
        inside("ip", "link", "set", "lo", "up")
        return block()
    } finally {
        run("ip", "netns", "del", name)
    }
}

private val hindrance: String? by lazy {
    val reason =
        runCatching {
            val found = LinuxTransport.current().kernel().netAdmin()
            check(found == NetAdmin.HELD) { "CAP_NET_ADMIN is $found" }
            namespace { inside("iptables", "-V") }
        }.exceptionOrNull()?.message
    check(reason == null || System.getProperty("nfkit.live") != "required") { "live tests are required: $reason" }
    reason
}

private val live: (TestCase) -> Enabled = { hindrance?.let { Enabled.disabled(it) } ?: Enabled.enabled }

private fun blocker(vararg domains: String): Process {
    val native = if (Runtime.version().feature() >= 24) arrayOf("--enable-native-access=com.sun.jna") else arrayOf()
    return ProcessBuilder(
        *arrayOf("ip", "netns", "exec", name, java),
        *native,
        *arrayOf("-p", modulePath, "-m", "dev.nfkit.samples.dns/dev.nfkit.samples.dns.DomainBlocker"),
        *domains,
    ).redirectErrorStream(true).start()
}

class DomainBlockerLiveSpec :
    FunSpec({
        test("queries for a blocked name get NXDOMAIN, and others get their answer").config(
            enabledOrReasonIf = live,
        ) {
            namespace {
                for (tool in listOf("iptables", "ip6tables")) {
                    inside(tool, "-A", "INPUT", "-p", "udp", "--sport", "53", "-j", "NFQUEUE", "--queue-num", "53")
                }
                val blocker = blocker("ads.example", "tracker.example")
                try {
                    val output = blocker.inputStream.bufferedReader()
                    output.readLine() shouldBe "Blocking ads.example, tracker.example"
                    val asked =
                        arrayOf("ads.example", "www.ADS.example", "nice.example", "bads.example", "tracker.example")
                    val classPath = System.getProperty("java.class.path")
                    val answers = inside(java, "-cp", classPath, "dev.nfkit.samples.dns.Resolver", *asked)
                    val none = "rcode 3, 0 answers, 0 bytes more"
                    val one = "rcode 0, 1 answers, 16 bytes more"
                    answers.lines().filter { it.isNotEmpty() } shouldContainExactly
                        listOf("4", "6").flatMap { family ->
                            asked.zip(listOf(none, none, one, one, none)) { name, answer -> "$family $name $answer" }
                        }
                    blocker.toHandle().destroy() // which keeps its output readable
                    check(blocker.waitFor(BOUND_SECONDS, TimeUnit.SECONDS)) { "the blocker does not end" }
                    output.readText() shouldBe ""
                } finally {
                    blocker.destroyForcibly()
                }
            }
        }

        test("if the queue is in use, the error names its owner").config(enabledOrReasonIf = live) {
            namespace {
                val first = blocker("ads.example")
                try {
                    first.inputStream.bufferedReader().readLine() shouldBe "Blocking ads.example"
                    val second = blocker("ads.example")
                    second.inputStream.reader().readText() shouldContain "owns this queue"
                    second.waitFor() shouldBe 1
                } finally {
                    first.destroyForcibly()
                }
            }
        }
    })
