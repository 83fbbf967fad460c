// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux

import dev.nfkit.Errno
import dev.nfkit.SystemCallException
import dev.nfkit.wire.Netlink.NETLINK_NETFILTER
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import java.io.FileNotFoundException
import java.net.DatagramSocket
import java.net.InetAddress
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

private fun own(): String = Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net")).toString()

private fun devices(): List<String> =
    Files
        .readAllLines(Path.of("/proc/thread-self/net/dev"))
        .filter { ':' in it }
        .map { it.substringBefore(':').trim() }

class TemporaryNamespaceSpec :
    FunSpec({
        test("a new namespace has a loopback only, and the caller stays outside")
            .config(enabledOrReasonIf = needsNamespaces) {
                val outside = own()
                TemporaryNamespace.create().use { made ->
                    val inside = made.namespace().call { own() }
                    inside shouldNotBe outside
                    own() shouldBe outside
                    made.namespace().call { devices() } shouldContainExactly listOf("lo")
                    TemporaryNamespace.create().use { other -> other.namespace().call { own() } shouldNotBe inside }
                    LinuxTransport.of(made.namespace()).open(NETLINK_NETFILTER).use { it.bindGroup(1) shouldBe 0 }
                }
            }

        test("sockets and processes of an action are inside, and an exception of it is thrown")
            .config(enabledOrReasonIf = needsNamespaces) {
                TemporaryNamespace.create().use { made ->
                    made.namespace().call { DatagramSocket(0, InetAddress.getByName("0.0.0.0")) }.close()
                    shouldThrow<FileNotFoundException> { made.namespace().call { throw FileNotFoundException() } }
                    val process = made.namespace().call { ProcessBuilder("readlink", "/proc/self/ns/net").start() }
                    process.inputReader().readText().trim() shouldBe made.namespace().call { own() }
                    shouldThrow<StackOverflowError> { made.namespace().call { throw StackOverflowError("test") } }
                }
            }

        test("an interrupt ends the wait for an action").config(enabledOrReasonIf = needsNamespaces) {
            TemporaryNamespace.create().use { made ->
                val begun = CountDownLatch(1)
                val interrupted = CountDownLatch(2)
                val caller =
                    Thread {
                        try {
                            made.namespace().call {
                                begun.countDown()
                                try {
                                    CountDownLatch(1).await()
                                } catch (e: InterruptedException) {
                                    interrupted.countDown()
                                }
                            }
                        } catch (e: InterruptedException) {
                            interrupted.countDown()
                        }
                    }
                caller.start()
                begun.await()
                caller.interrupt()
                interrupted.await(BOUND_SECONDS, TimeUnit.SECONDS) shouldBe true
            }
        }

        test("a namespace is gone after it was closed, and closing twice is harmless")
            .config(enabledOrReasonIf = needsNamespaces) {
                val made = TemporaryNamespace.create()
                made.close()
                made.close()
                eventually("it is gone") {
                    val refused = runCatching { made.namespace().call { own() } }.exceptionOrNull()
                    (refused as? SystemCallException)?.errno() == Errno.ENOENT
                }
            }

        test("making and closing namespaces leaks neither descriptors nor threads")
            .config(enabledOrReasonIf = needsNamespaces) {
                repeat(3) { TemporaryNamespace.create().close() }
                val before = openDescriptors()
                repeat(20) { TemporaryNamespace.create().use { it.namespace().call { own() } } }
                openDescriptors() shouldBe before
                Thread.getAllStackTraces().keys.none { it.name == "nfkit holds a network namespace" } shouldBe true
            }

        test("without the privilege the refusal names it").config(enabledOrReasonIf = needsNamespaces) {
            val output =
                run(
                    *probe(
                        listOf("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"),
                        "namespace",
                    ).toTypedArray(),
                )
            output shouldContain "EPERM"
            output shouldContain "CAP_SYS_ADMIN"
        }
    })
