// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.output

import io.kotest.core.spec.style.FunSpec
import io.kotest.datatest.withData
import io.kotest.matchers.shouldBe

class UtcTimeSpec :
    FunSpec({
        val times = UtcTime()

        context("a time has six decimals, or nine if it has nanoseconds") {
            withData(
                nameFn = { it.second },
                0L to "1970-01-01T00:00:00.000000Z",
                -1L to "1969-12-31T23:59:59.999999999Z",
                1_795_207_195_268_355_000L to "2026-11-20T20:39:55.268355Z",
                1_795_207_195_268_355_001L to "2026-11-20T20:39:55.268355001Z",
                1_795_207_195_000_000_000L to "2026-11-20T20:39:55.000000Z",
                1_795_207_196_000_001_000L to "2026-11-20T20:39:56.000001Z",
                Long.MAX_VALUE to "2262-04-11T23:47:16.854775807Z",
                Long.MIN_VALUE to "1677-09-21T00:12:43.145224192Z",
            ) { (nanos, text) ->
                StringBuilder().also { times.append(nanos, it) }.toString() shouldBe text
            }
        }
    })
