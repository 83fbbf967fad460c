// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.Netlink.NETLINK_NETFILTER
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import java.net.DatagramPacket
import java.net.DatagramSocket
import java.net.InetAddress
import java.util.concurrent.TimeUnit

class LossSpec :
    FunSpec({
        fun Namespace.sendUdp(count: Int) {
            val sender = NamespaceEntry.Other(NetworkNamespace.named(name)).call { DatagramSocket() }
            sender.use {
                val packet = DatagramPacket(ByteArray(200), 200, InetAddress.getByName("127.0.0.1"), 9)
                repeat(count) { sender.send(packet) }
            }
        }

        for (quiet in listOf(1, 0)) {
            test("every datagram of a flooded NFLOG group is received or counted as dropped, NO_ENOBUFS being $quiet")
                .config(enabledOrReasonIf = needsNamespaces) {
                    Namespace().use { inside ->
                        inside.exec("ip", "link", "set", "lo", "up")
                        inside.exec("iptables", "-A", "OUTPUT", "-p", "udp", "-j", "NFLOG", "--nflog-group", "5")
                        inside.transport.open(NETLINK_NETFILTER).use { socket ->
                            socket.set(SocketOption.RECEIVE_BUFFER, 16_384)
                            socket.set(SocketOption.NO_ENOBUFS, quiet)
                            socket.bindGroup(5) shouldBe 0
                            socket.send(config(5) { be32(5, 1) })
                            val batch = DatagramBatch(8, 65_536)
                            socket.receive(batch, TimeUnit.SECONDS.toNanos(BOUND_SECONDS)) shouldBe 1

                            inside.sendUdp(2_000)

                            var received = 0
                            var overruns = 0
                            while (true) {
                                val count = socket.receive(batch, 0)
                                if (batch.overrun()) overruns++
                                received += count
                                if (count == 0 && !batch.overrun()) break
                            }
                            received shouldBeGreaterThan 0
                            received + socket.drops() shouldBe 2_000L
                            overruns shouldBe 1 - quiet
                            socket.foreign() shouldBe 0
                            val drops = socket.drops()
                            socket.close()
                            socket.drops() shouldBe drops
                        }
                    }
                }
        }
    })
