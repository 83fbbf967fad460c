// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.conntrack

import dev.nfkit.conntrack.table.Conntrack
import dev.nfkit.samples.cli.Examples
import dev.nfkit.samples.cli.conntrack.print.ConntrackJson
import dev.nfkit.samples.cli.output.TextOutput
import dev.nfkit.testkit.FakeNetfilter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import java.io.ByteArrayOutputStream

private fun printed(print: (Conntrack, ConntrackOutput) -> Unit): List<String> {
    val out = ByteArrayOutputStream()
    val text = TextOutput(out)
    Conntrack.open(FakeNetfilter()).use { print(it, ConntrackOutput(ConntrackJson(), text, true)) }
    text.flush()
    return lines(out.toString(Charsets.UTF_8))
}

class ConntrackOutputSpec :
    FunSpec({
        test("the counters and the number of entries are objects") {
            Examples.check(printed { table, output -> output.counters(table.cpuStatistics().take(1), "") }.single())
            Examples.check(
                printed { table, output ->
                    output.counters(table.expectations().cpuStatistics().take(1), "expect_")
                }.single(),
            )
            val counts =
                printed { table, output ->
                    output.count(0, -1)
                    output.count(table.statistics().entries(), table.statistics().maxEntries())
                }
            counts shouldHaveSize 2
            Examples.check(counts.last())
        }
    })
