// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.socket.DatagramBatch
import dev.nfkit.wire.Netlink.NETLINK_NETFILTER
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.comparables.shouldBeLessThan
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit

class CloseSpec :
    FunSpec({
        test("no descriptor is left open if memory runs out while a socket is opened")
            .config(enabledOrReasonIf = needsNetAdmin) {
                val options = "JAVA_TOOL_OPTIONS=-XX:MaxDirectMemorySize=512k -XX:+UseSerialGC"
                val lines = run(*probe(listOf("env", options), "little-memory").toTypedArray()).lines()
                lines shouldContain "failed true, opened true, left 0"
            }

        test("a close among wakeups is never mistaken for one of them").config(enabledOrReasonIf = needsNetAdmin) {
            val threads = Executors.newFixedThreadPool(3)
            try {
                val batch = DatagramBatch(1, 64)
                val before = openDescriptors()
                repeat(2_000) { round ->
                    val socket = LinuxTransport.current().open(NETLINK_NETFILTER)
                    val receiver =
                        threads.submit(
                            Callable {
                                do {
                                    val count = socket.receive(batch, -1)
                                } while (count >= 0)
                            },
                        )
                    val waker = threads.submit { repeat(round % 50) { socket.wakeup() } }
                    repeat(round % 97) { Thread.onSpinWait() }
                    threads.submit { socket.close() }.get(BOUND_SECONDS, TimeUnit.SECONDS)
                    receiver.get(BOUND_SECONDS, TimeUnit.SECONDS)
                    waker.get(BOUND_SECONDS, TimeUnit.SECONDS)
                }
                openDescriptors() - before shouldBeLessThan 50
            } finally {
                threads.shutdownNow()
            }
        }
    })
