// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.AddressFamily
import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.socket.ConntrackDrops
import dev.nfkit.socket.GroupState
import dev.nfkit.socket.QueueState
import dev.nfkit.wire.Netlink.NETLINK_NETFILTER
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import java.nio.file.Path

class ProcKernelViewSpec :
    FunSpec({
        test("a line of nfnetlink_log is parsed as a group, and a line of another shape is ignored") {
            ProcKernelView
                .groups(
                    "   30  12354     2 2 65531    100  3\n\nnonsense\n65535 4294967295 0 0 0 0 1 new column\n",
                ).shouldContainExactly(
                    GroupState(30, 12354, 2, 2, 65531, 100, 3),
                    GroupState(65535, 4294967295, 0, 0, 0, 0, 1),
                )
        }

        test("a line of nfnetlink_queue is parsed as a queue, and a line of another shape is ignored") {
            ProcKernelView
                .queues(
                    "    0  31621     5 2  65531    16     7       23  1\n\nnonsense\n65535 4294967295 0 0 0 0 0 4294967295 1\n",
                ).shouldContainExactly(
                    QueueState(0, 31621, 5, 2, 65531, 16, 7, 23),
                    QueueState(65535, 4294967295, 0, 0, 0, 0, 0, 4294967295),
                )
        }

        test("the counters of connection tracking are summed over the processors, in any order of columns") {
            val text =
                """
                entries  clashres found insert_failed drop early_drop
                00000003  00000000 00000000 0000000a 00000001 00000000
                00000003  00000000 00000000 ffffffff 0000001f 00000000
                """.trimIndent()
            ProcKernelView.drops(text).get() shouldBe ConntrackDrops(0x100000009, 0x20)
            ProcKernelView.drops("").isPresent shouldBe false
            ProcKernelView.drops("entries found insert_failed").isPresent shouldBe false
            ProcKernelView.drops("insert_failed drop\nx 1\n").isPresent shouldBe false
        }

        test("packets that clashed count in both counters, which wrap") {
            ConntrackDrops(3, 10).clashesSince(ConntrackDrops(1, 5)) shouldBe 2
            ConntrackDrops(9, 6).clashesSince(ConntrackDrops(1, 5)) shouldBe 1
            ConntrackDrops(1, 2).clashesSince(ConntrackDrops(0xffffffff, 0xfffffffe)) shouldBe 2
        }

        test("the inode is found by the port id, among the sockets of netfilter only") {
            val table =
                """
                sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
                0000000000000000 0   4711       00000000 0        0        0     2        0        111
                0000000000000000 12  4711       00000000 0        0        0     2        0        222
                0000000000000000 12  4294963187 00000000 0        0        0     2        0        333
                """.trimIndent()
            SocketOwners.inode(table, 4711) shouldBe "222"
            SocketOwners.inode(table, 4294963187) shouldBe "333"
            SocketOwners.inode(table, 1).shouldBeNull()
        }

        test("the limit on receive buffers is read") {
            LinuxTransport
                .current()
                .kernel()
                .receiveBufferLimit()
                .isPresent shouldBe true
        }

        test("a file that cannot be read is reported, and one that does not exist is not") {
            val kernel = ProcKernelView(NamespaceEntry.Current())
            kernel.unreadable(listOf(Path.of("/proc/nothing"))).isEmpty shouldBe true
            kernel.unreadable(listOf(Path.of("/proc/nothing"), Path.of("/proc"))).get() shouldStartWith
                "read(/proc): EISDIR"
        }

        test("the owner of a group is found, by any port id").config(enabledOrReasonIf = {
            Live.enabled(Live.noNamespaces)
        }) {
            Namespace().use { inside ->
                val child = ProcessBuilder(probe(listOf("ip", "netns", "exec", inside.name), "own-group", "77")).start()
                try {
                    val portId =
                        child.inputStream
                            .bufferedReader()
                            .readLine()
                            .toLong()
                    val kernel = inside.transport.kernel()
                    kernel.unreadable().isEmpty shouldBe true
                    kernel.nflogGroups().single().portId() shouldBe portId
                    val owner = kernel.owner(portId).get()
                    owner.pid() shouldBe child.pid()
                    owner.name() shouldBe "java"
                    LinuxTransport
                        .current()
                        .kernel()
                        .owner(portId)
                        .isEmpty shouldBe true

                    // The second socket of this process has a port id that is no process id.
                    inside.transport.open(NETLINK_NETFILTER).use { first ->
                        inside.transport.open(NETLINK_NETFILTER).use { second ->
                            for (socket in listOf(first, second)) {
                                kernel.owner(socket.portId()).get().pid() shouldBe ProcessHandle.current().pid()
                            }
                            second.bindGroup(77) shouldBe Errno.EPERM.number()
                        }
                    }
                } finally {
                    child.destroyForcibly().waitFor()
                }
                eventually("the group is free") {
                    inside.transport
                        .kernel()
                        .nflogGroups()
                        .isEmpty()
                }
            }
        }

        test("a namespace's logger is set and restored, and no other's")
            .config(enabledOrReasonIf = needsNamespaces) {
                Namespace().use { inside ->
                    val kernel = inside.transport.kernel()
                    val outside = LinuxTransport.current().kernel()
                    val before = kernel.logger(AddressFamily.IPV4)
                    val beforeOutside = outside.logger(AddressFamily.IPV4)
                    kernel.logger(AddressFamily.IPV4, "nfnetlink_log")
                    kernel.logger(AddressFamily.IPV4) shouldBe "nfnetlink_log"
                    outside.logger(AddressFamily.IPV4) shouldBe beforeOutside
                    kernel.logger(AddressFamily.IPV4, before)
                    kernel.logger(AddressFamily.IPV4) shouldBe before
                }
            }

        test("an unknown logger or family is refused with the cause").config(enabledOrReasonIf = {
            Live.enabled(Live.noNamespaces)
        }) {
            Namespace().use { inside ->
                val kernel = inside.transport.kernel()
                shouldThrow<SystemCallException> { kernel.logger(AddressFamily.IPV4, "nfkit-unknown") }
                    .cure()
                    .get() shouldBe "no logger of this name is loaded for IPv4"
                shouldThrow<SystemCallException> { kernel.logger(AddressFamily.of(99)) }.errno() shouldBe Errno.ENOENT
                for (name in listOf("", " ", "a\nb")) {
                    shouldThrow<IllegalArgumentException> { kernel.logger(AddressFamily.IPV4, name) }
                }
            }
        }
    })
