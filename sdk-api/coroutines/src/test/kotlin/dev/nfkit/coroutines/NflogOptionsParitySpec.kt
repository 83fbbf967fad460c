// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.coroutines

import dev.nfkit.AddressFamily
import dev.nfkit.netfilter.CopyMode
import dev.nfkit.netfilter.MalformedHandler
import dev.nfkit.nflog.NflogGroup
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nftables.PacketRule
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.time.Duration
import java.util.Optional
import java.util.OptionalInt
import kotlin.time.Duration.Companion.INFINITE
import kotlin.time.Duration.Companion.milliseconds

private val handler = MalformedHandler { }

private val groupSettings =
    mapOf<String, Setting<NflogGroupBuilder, NflogGroup>>(
        "copyMode" to Setting(NflogGroup::copyMode, CopyMode.META) { copyMode = CopyMode.META },
        "copyRange" to Setting(NflogGroup::copyRange, 128) { copyRange = 128 },
        "bufferSize" to Setting(NflogGroup::bufferSize, OptionalInt.of(8192)) { bufferSize = 8192 },
        "timeout" to Setting(NflogGroup::timeout, Duration.ofMillis(20)) { timeout = 20.milliseconds },
        "threshold" to Setting(NflogGroup::threshold, 5) { threshold = 5 },
        "sequence" to Setting(NflogGroup::sequence, false) { sequence = false },
        "sequenceGlobal" to Setting(NflogGroup::sequenceGlobal, true) { sequenceGlobal = true },
        "conntrack" to Setting(NflogGroup::conntrack, true) { conntrack = true },
    )

private val optionSettings =
    mapOf<String, Setting<NflogOptionsBuilder, NflogOptions>>(
        "receiveBuffer" to Setting(NflogOptions::receiveBuffer, 65536) { receiveBuffer = 65536 },
        "claimLogger" to
            Setting(NflogOptions::claimedLoggers, setOf(AddressFamily.IPV4, AddressFamily.IPV6)) {
                claimLogger(AddressFamily.IPV4, AddressFamily.IPV6)
            },
        "onMalformed" to Setting(NflogOptions::malformedHandler, Optional.of(handler)) { onMalformed(handler) },
        "rule" to
            Setting({ it.rule().map { rule -> rule.text() } }, Optional.of("tcp dport 443")) {
                rule("udp dport 53")
                rule(PacketRule.of("tcp dport 443"))
            },
        "group" to
            Setting(
                { options -> options.groups().map { it.group() to it.copyRange() } },
                listOf(
                    1 to 65531,
                    2 to 99,
                    30 to 65531,
                ),
            ) {
                group(1)
                group(NflogGroup.builder(2).copyRange(99).build())
            },
    )

class NflogOptionsParitySpec :
    FunSpec({
        test("each option of Java's group builder is one of Kotlin's, and vice versa") {
            val java = NflogGroup.Builder::class.java.options()
            NflogGroupBuilder::class.java.kotlinOptions() shouldContainExactlyInAnyOrder java
            groupSettings.keys shouldContainExactlyInAnyOrder java
        }

        test("each option of Java's session builder is one of Kotlin's, which adds the queue's capacity") {
            val java = NflogOptions.Builder::class.java.options()
            NflogOptionsBuilder::class.java.kotlinOptions() shouldContainExactlyInAnyOrder java + "batchCapacity"
            optionSettings.keys shouldContainExactlyInAnyOrder java
            val groups = NflogOptionsBuilder::class.java.ownMethods().filter { it.name == "group" }
            groups.map { it.parameterTypes.first() } shouldContainAll
                NflogOptions.Builder::class.java
                    .ownMethods()
                    .filter { it.name == "group" }
                    .map { it.parameterTypes.first() }
        }

        test("a group's defaults are Java's") {
            NflogGroupBuilder(30).build().values() shouldBe NflogGroup.builder(30).build().values()
            val kotlin = NflogGroupBuilder(30)
            val java = NflogGroup.builder(30).build()
            kotlin.copyMode shouldBe java.copyMode()
            kotlin.copyRange shouldBe java.copyRange()
            kotlin.bufferSize shouldBe null
            java.bufferSize() shouldBe OptionalInt.empty()
            kotlin.timeout shouldBe 100.milliseconds
            java.timeout() shouldBe Duration.ofMillis(100)
            kotlin.threshold shouldBe java.threshold()
            kotlin.sequence shouldBe java.sequence()
            kotlin.sequenceGlobal shouldBe java.sequenceGlobal()
            kotlin.conntrack shouldBe java.conntrack()
        }

        test("a session's defaults are Java's") {
            val kotlin = NflogOptionsBuilder().apply { group(30) }
            val java = NflogOptions.builder().group(30).build()
            kotlin.receiveBuffer shouldBe java.receiveBuffer()
            (kotlin.build().values() - "groups") shouldBe (java.values() - "groups")
        }

        for ((name, setting) in groupSettings) {
            test("the group's $name is passed on") {
                withClue("its default") {
                    setting.read(NflogGroup.builder(30).build()) shouldNotBe setting.expected
                }
                setting.read(NflogGroupBuilder(30).apply(setting.set).build()) shouldBe setting.expected
            }
        }

        for ((name, setting) in optionSettings) {
            test("the session's $name is passed on") {
                val built =
                    NflogOptionsBuilder()
                        .apply(setting.set)
                        .apply { group(30) }
                        .build()
                setting.read(built) shouldBe setting.expected
            }
        }

        test("options can be read after they are set, and the buffer size can be left to the session again") {
            val group =
                NflogGroupBuilder(30).apply {
                    copyRange = 0
                    bufferSize = 8192
                    timeout = 50.milliseconds
                }
            group.copyRange shouldBe 65531
            group.timeout shouldBe 50.milliseconds
            group.bufferSize shouldBe 8192
            group.bufferSize = null
            group.build().bufferSize() shouldBe OptionalInt.empty()
        }

        test("values out of range are refused when they are set") {
            NflogOptionsBuilder().apply {
                shouldThrow<IllegalArgumentException> { group(65536) }
                shouldThrow<IllegalArgumentException> { receiveBuffer = 4095 }
                shouldThrow<IllegalArgumentException> { batchCapacity = 0 }
                    .message shouldBe "batchCapacity 0 is out of 1 to 1024"
                shouldThrow<IllegalArgumentException> { batchCapacity = 1025 }
                shouldThrow<IllegalArgumentException> { claimLogger(AddressFamily.UNSPEC) }
                batchCapacity shouldBe 16
                group(30) {
                    shouldThrow<IllegalArgumentException> { copyRange = -1 }
                    shouldThrow<IllegalArgumentException> { bufferSize = 3775 }
                    shouldThrow<IllegalArgumentException> { bufferSize = 131_073 }
                    shouldThrow<IllegalArgumentException> { timeout = 15.milliseconds }
                    shouldThrow<IllegalArgumentException> { timeout = (-10).milliseconds }
                    shouldThrow<IllegalArgumentException> { timeout = INFINITE }
                    shouldThrow<IllegalArgumentException> { threshold = 0 }
                    bufferSize shouldBe null
                }
                shouldThrow<IllegalArgumentException> { group(30) }.message shouldBe "group 30 was added twice"
                build()
                    .groups()
                    .map { it.group() }
                    .filter { it != 30 }
                    .shouldBeEmpty()
            }
        }
    })
