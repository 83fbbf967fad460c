// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nfqueue

import dev.nfkit.nfqueue.Decider
import dev.nfkit.nfqueue.NfqueueOptions
import dev.nfkit.nfqueue.NfqueueSession
import dev.nfkit.nfqueue.QueuedPacket
import dev.nfkit.nfqueue.Verdict
import dev.nfkit.testkit.DecidedPacket
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNfqueue
import java.time.Duration

internal fun options(configure: NfqueueOptions.Builder.() -> Unit = {}): NfqueueOptions =
    NfqueueOptions
        .builder()
        .queue(0)
        .apply(configure)
        .build()

internal fun FakeNetfilter.session(configure: NfqueueOptions.Builder.() -> Unit = {}) =
    NfqueueSession.open(this, options(configure))

internal fun FakeNetfilter.enqueue(
    count: Int,
    queue: Int = 0,
) = repeat(count) { nfqueue().enqueue(queue, SampleNfqueue.of(ByteArray(20))) }

internal fun NfqueueSession.decide(decider: (QueuedPacket) -> Verdict): Int =
    poll(Decider<RuntimeException> { decider(it) }, Duration.ZERO)

internal fun DecidedPacket.short() = "${id()} ${if (dropped()) "dropped" else "passed"}"

internal fun FakeNetfilter.outcome() = nfqueue().decided().map { it.short() }
