// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.KernelRefusedException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
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
import kotlin.time.Duration.Companion.seconds

private const val RULE = "-A OUTPUT -p udp --dport 9 -j NFLOG --nflog-group 30 --nflog-prefix live"

class NflogLiveSpec :
    FunSpec({
        test("ten packets that a rule logs are collected").config(enabledOrReasonIf = live) {
            Namespace(RULE).use { namespace ->
                bounded {
                    val letters =
                        async {
                            namespace.transport
                                .nflog(30)
                                .take(10)
                                .map { it.prefix() to it.letter }
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

        test("a collector that waits in the kernel is cancelled at once, and the group is free").config(
            enabledOrReasonIf = live,
        ) {
            Namespace(RULE).use { namespace ->
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

        test("stop loses no packet that the kernel still holds, and the statistics agree").config(
            enabledOrReasonIf = live,
        ) {
            Namespace(RULE).use { namespace ->
                bounded {
                    namespace.transport.useNflog({ group(30) { timeout = 100.seconds } }) {
                        namespace.send("abcdefghijklmnopqrstuvwxyz")
                        stop()
                        packets.toList().size shouldBe 26
                        statistics().delivered() shouldBe 26
                        statistics().sequenceGaps() shouldBe 0
                        statistics().discarded() shouldBe 0
                    }
                }
            }
        }

        test("a group has one owner, which the refusal names").config(enabledOrReasonIf = live) {
            Namespace(RULE).use { namespace ->
                namespace.transport.useNflog({ group(30) }) {
                    shouldThrow<KernelRefusedException> { namespace.transport.nflog(30).collect {} }
                        .message shouldContain "port $portId"
                }
            }
        }
    })
