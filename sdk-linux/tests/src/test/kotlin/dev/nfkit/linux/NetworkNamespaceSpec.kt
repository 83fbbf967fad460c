// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.wire.Netlink.NETLINK_NETFILTER
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.nio.file.Path

class NetworkNamespaceSpec :
    FunSpec({
        test("a name is a file name") {
            for (name in listOf("", ".", "..", "a/b", "a\u0000")) {
                shouldThrow<IllegalArgumentException> { NetworkNamespace.named(name) }
            }
            NetworkNamespace.named("blue").path() shouldBe Path.of("/run/netns/blue")
            NetworkNamespace.named("blue") shouldBe NetworkNamespace.named("blue")
            NetworkNamespace.named("blue") shouldNotBe NetworkNamespace.at(Path.of("blue"))
        }

        test("a process id is positive") {
            for (pid in listOf(0L, -1L)) {
                shouldThrow<IllegalArgumentException> { NetworkNamespace.ofProcess(pid) }
            }
            NetworkNamespace.ofProcess(7).path() shouldBe Path.of("/proc/7/ns/net")
        }

        test("a name without a namespace is refused with the existing names")
            .config(enabledOrReasonIf = needsNamespaces) {
                Namespace().use { other ->
                    val refused =
                        shouldThrow<SystemCallException> {
                            LinuxTransport.of(NetworkNamespace.named("nfkit-nowhere")).open(NETLINK_NETFILTER)
                        }
                    refused.errno() shouldBe Errno.ENOENT
                    refused.message!! shouldContain "there is no network namespace nfkit-nowhere"
                    refused.message!! shouldContain other.name
                }
            }

        test("a file that is not a namespace is refused by setns").config(enabledOrReasonIf = needsNetAdmin) {
            val transport = LinuxTransport.of(NetworkNamespace.at(Path.of("/proc/self/status")))
            val refused = shouldThrow<SystemCallException> { transport.open(NETLINK_NETFILTER) }
            refused.errno() shouldBe Errno.EINVAL
            refused.cure().get() shouldContain "no network namespace"
        }

        test("a socket opened by name, path or process is in the namespace, and the caller stays outside")
            .config(enabledOrReasonIf = needsNamespaces) {
                Namespace().use { inside ->
                    val sleeper = ProcessBuilder("ip", "netns", "exec", inside.name, "sleep", "1000").start()
                    try {
                        val path = Path.of("/proc/${sleeper.pid()}/ns/net")
                        val own = Path.of("/proc/self/ns/net").toRealLink()
                        eventually("the process is inside") { path.toRealLink() != own }
                        val namespaces =
                            listOf(
                                NetworkNamespace.named(inside.name),
                                NetworkNamespace.at(path),
                                NetworkNamespace.ofProcess(sleeper.pid()),
                            )
                        for ((group, namespace) in namespaces.withIndex()) {
                            val transport = LinuxTransport.of(namespace)
                            transport.open(NETLINK_NETFILTER).use { socket ->
                                socket.bindGroup(6000 + group) shouldBe 0
                                inside.transport
                                    .kernel()
                                    .nflogGroups()
                                    .map { it.group() to it.portId() } shouldBe
                                    listOf(6000 + group to socket.portId())
                                LinuxTransport
                                    .current()
                                    .kernel()
                                    .nflogGroups()
                                    .none { it.group() == 6000 + group } shouldBe true
                            }
                            Path.of("/proc/thread-self/ns/net").toRealLink() shouldBe own
                        }
                    } finally {
                        sleeper.destroyForcibly().waitFor()
                    }
                }
            }

        test("interfaces have the names of their namespace").config(enabledOrReasonIf = needsNamespaces) {
            Namespace().use { inside ->
                inside.exec("ip", "link", "add", "name", "blue0", "index", "4242", "type", "veth", "peer", "blue1")
                val kernel = inside.transport.kernel()
                kernel.interfaceName(1).get() shouldBe "lo"
                kernel.interfaceName(4242).get() shouldBe "blue0"
                LinuxTransport
                    .current()
                    .kernel()
                    .interfaceName(4242)
                    .isEmpty shouldBe true
                inside.exec("ip", "link", "delete", "blue0")
                for (index in listOf(4242L, 0L, -1L, 1L shl 40)) {
                    kernel.interfaceName(index).isEmpty shouldBe true
                }
            }
        }

        test("no entering of a namespace leaks a descriptor or a thread").config(enabledOrReasonIf = needsNamespaces) {
            Namespace().use { inside ->
                val wrong = LinuxTransport.of(NetworkNamespace.at(Path.of("/proc/self/status")))

                fun round() {
                    inside.transport.open(NETLINK_NETFILTER).use { it.portId() }
                    inside.transport.kernel().interfaceName(1)
                    inside.transport.kernel().nflogGroups()
                    inside.transport.kernel().netAdmin()
                    runCatching { wrong.open(NETLINK_NETFILTER) }
                }
                repeat(20) { round() }
                val before = openDescriptors()
                repeat(300) { round() }
                openDescriptors() - before shouldBeLessThan 50
                eventually("the threads end") {
                    Thread.getAllStackTraces().keys.none { it.name.startsWith("nfkit enters") }
                }
            }
        }
    })

private fun Path.toRealLink(): String =
    java.nio.file.Files
        .readSymbolicLink(this)
        .toString()
