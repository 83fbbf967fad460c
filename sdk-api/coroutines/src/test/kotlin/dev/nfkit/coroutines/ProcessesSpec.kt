// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.conntrack.ConntrackTuple
import dev.nfkit.process.Attribution
import dev.nfkit.process.ProcessResolver
import dev.nfkit.process.UnknownReason
import dev.nfkit.testkit.FakeProcesses
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.net.InetAddress

class ProcessesSpec :
    FunSpec({
        val client = InetAddress.getByName("10.0.0.1")
        val server = InetAddress.getByName("10.0.0.2")
        val tuple = ConntrackTuple.tcp(client, 4000, server, 443)

        test("a process is found on another thread") {
            var thread: Thread? = null
            val processes =
                object : ProcessResolver by FakeProcesses().set(tuple, FakeProcesses.process("curl", 5, 6)) {
                    override fun resolve(tuple: ConntrackTuple): Attribution {
                        thread = Thread.currentThread()
                        return FakeProcesses().set(tuple, FakeProcesses.process("curl", 5, 6)).resolve(tuple)
                    }
                }
            processes.lookup(tuple).known().get() shouldBe FakeProcesses.process("curl", 5, 6)
            thread shouldNotBe Thread.currentThread()
        }

        test("the answering end of a translated connection is found by both tuples") {
            val translated = ConntrackTuple.tcp(client, 4000, server, 8443)
            val processes = FakeProcesses().set(translated.inverted(), FakeProcesses.process("nginx", 7, 33))
            processes.lookup(tuple) shouldBe Attribution.unknown(UnknownReason.FORWARDED)
            processes
                .lookup(tuple, translated.inverted())
                .known()
                .get()
                .name() shouldBe "nginx"
        }
    })
