// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Errno
import dev.nfkit.socket.DatagramBatch
import dev.nfkit.socket.SocketOption
import dev.nfkit.wire.MessageWriter
import dev.nfkit.wire.Netlink
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.nio.ByteOrder
import kotlin.concurrent.thread

private const val LONG_NANOS = 10_000_000_000L

/** What processes other than the kernel can and cannot put onto a socket. */
class ForeignSendersSpec :
    FunSpec({
        val batch = DatagramBatch(64, 4_096)

        fun acknowledged() =
            MessageWriter(64, ByteOrder.nativeOrder())
                .begin(Netlink.NLMSG_NOOP, Netlink.NLM_F_REQUEST or Netlink.NLM_F_ACK, 1)
                .end()
                .datagram()

        test("a message that another socket sends to ours is refused to its sender, and takes no space")
            .config(enabledOrReasonIf = needsNetAdmin) {
                LinuxTransport.current().open(Netlink.NETLINK_NETFILTER).use { socket ->
                    ForeignSender().use { sender ->
                        sender.unicast(socket.portId()) shouldBe Errno.ECONNREFUSED
                        sender.unicast(socket.portId()) shouldBe Errno.ECONNREFUSED
                    }
                    socket.receive(batch, 0) shouldBe 0
                    socket.foreign() shouldBe 0
                    socket.send(acknowledged())
                    socket.receive(batch, 0) shouldBe 1
                }
            }

        test("a message that another socket sent before ours was connected is counted, and not received")
            .config(enabledOrReasonIf = needsNetAdmin) {
                val fd = Descriptor.open(Netlink.NETLINK_NETFILTER)
                ForeignSender().use { sender ->
                    val port = Descriptor.bind(fd)
                    repeat(3) { sender.unicast(port) shouldBe null }
                    LinuxNetlinkSocket.of(fd, port).use { socket ->
                        sender.unicast(port) shouldBe Errno.ECONNREFUSED
                        socket.foreign() shouldBe 3
                        socket.receive(batch, 0) shouldBe 0
                        socket.send(acknowledged())
                        socket.receive(batch, 0) shouldBe 1
                        socket.foreign() shouldBe 3
                    }
                }
            }

        test("joining a group while another thread receives lets no foreign message through")
            .config(enabledOrReasonIf = needsNetAdmin) {
                ForeignSender().use { sender ->
                    repeat(50) {
                        LinuxTransport.current().open(Netlink.NETLINK_NETFILTER).use { socket ->
                            var received = 0
                            val receiver =
                                thread {
                                    val own = DatagramBatch(64, 4_096)
                                    do {
                                        val count = socket.receive(own, 0)
                                        received += maxOf(count, 0)
                                    } while (count >= 0)
                                }
                            socket.set(SocketOption.ADD_MEMBERSHIP, NFNLGRP_ACCT_QUOTA)
                            repeat(20) { sender.multicast(NFNLGRP_ACCT_QUOTA) }
                            while (socket.foreign() < 20 && received == 0) Thread.onSpinWait()
                            socket.close()
                            receiver.join()
                            received shouldBe 0
                            socket.foreign() shouldBe 20
                        }
                    }
                }
            }

        test("joining a group waits only for the current receive, however soon the next one sleeps")
            .config(enabledOrReasonIf = needsNetAdmin) {
                ForeignSender().use { sender ->
                    repeat(200) {
                        LinuxTransport.current().open(Netlink.NETLINK_NETFILTER).use { socket ->
                            socket.set(SocketOption.NO_ENOBUFS, 1) // so that it sleeps in the receive
                            var received = 0
                            val receiver = thread { received = socket.receive(DatagramBatch(64, 4_096), LONG_NANOS) }
                            socket.set(SocketOption.ADD_MEMBERSHIP, NFNLGRP_ACCT_QUOTA)
                            sender.multicast(NFNLGRP_ACCT_QUOTA)
                            while (socket.foreign() == 0L && receiver.isAlive) Thread.onSpinWait()
                            socket.close()
                            receiver.join()
                            received shouldBe -1
                            socket.foreign() shouldBe 1
                        }
                    }
                }
            }
    })
