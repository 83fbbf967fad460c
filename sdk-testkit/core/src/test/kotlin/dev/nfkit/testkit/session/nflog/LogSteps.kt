// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.session.nflog

import dev.nfkit.nflog.NflogGroup
import dev.nfkit.nflog.NflogOptions
import dev.nfkit.nflog.NflogSession
import dev.nfkit.testkit.FakeNetfilter
import dev.nfkit.testkit.SampleNflog
import java.time.Duration

internal fun options(
    group: Int = 30,
    configure: (NflogGroup.Builder) -> Unit = {},
): NflogOptions = NflogOptions.builder().group(group) { configure(it) }.build()

internal fun sample(text: String) = SampleNflog.of(ByteArray(20)).prefix(text)

internal fun FakeNetfilter.log(
    text: String,
    group: Int = 30,
) = nflog().log(group, sample(text))

/** Polls until nothing more arrives. Returns the prefixes of the packets. */
internal fun NflogSession.prefixes(): List<String> {
    val seen = mutableListOf<String>()
    while (poll<RuntimeException>({ seen += it.prefix() }, Duration.ZERO) > 0) {
        // on
    }
    return seen
}
