// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

import dev.nfkit.linux.Live
import io.kotest.assertions.fail
import io.kotest.core.spec.style.FunSpec

private val tables =
    listOf(
        nflogRequestScenarios,
        nflogScenarios,
        nfqueueScenarios,
        nfqueueVerdictScenarios,
        conntrackScenarios,
    )

/** Compares the model of the kernel with the kernel: the same steps, the same observations. */
class DifferentialSpec :
    FunSpec({
        val played = mutableListOf<String>()

        for (scenario in tables.flatten()) {
            test(scenario.name).config(
                enabledOrReasonIf = {
                    Live.enabled(
                        Live.noNamespaces ?: scenario.lacking() ?: scenario.numbersOfUsers(),
                    )
                },
            ) {
                val model = ModelStage().use { play(scenario, it) }
                val kernel = KernelStage().use { play(scenario, it) }
                played += scenario.name
                difference(model, kernel)?.let { fail("${scenario.name}: the model differs from the kernel\n$it") }
            }
        }

        afterSpec {
            println("${played.size} scenarios played on the model and on Linux ${System.getProperty("os.version")}:")
            played.forEach { println("  $it") }
        }
    })

/** The kernel queues packets with the numbers of users in the initial user namespace, and the model with 0. */
private fun Scenario.numbersOfUsers() =
    Live.ofUserNamespace.takeIf {
        name.startsWith("NFQUEUE: flags are set and cleared")
    }

/** The observations, up to the error that ended them, if any. */
private fun play(
    scenario: Scenario,
    stage: Stage,
): List<String> {
    try {
        scenario.steps(stage)
    } catch (e: Exception) {
        stage.log += "ended by $e"
    } catch (e: AssertionError) {
        stage.log += "ended by $e"
    }
    return stage.log.flatMap { it.lines() }
}

/** Both logs with a sign before each line that differs; null if they are equal. */
internal fun difference(
    model: List<String>,
    kernel: List<String>,
): String? {
    if (model == kernel) return null
    val lengths = Array(model.size + 1) { IntArray(kernel.size + 1) }
    for (m in model.indices.reversed()) {
        for (k in kernel.indices.reversed()) {
            lengths[m][k] =
                if (model[m] == kernel[k]) lengths[m + 1][k + 1] + 1 else maxOf(lengths[m + 1][k], lengths[m][k + 1])
        }
    }
    val reported = mutableListOf<String>()
    var m = 0
    var k = 0
    while (m < model.size || k < kernel.size) {
        when {
            m < model.size && k < kernel.size && model[m] == kernel[k] -> {
                reported += "         ${model[m++]}".also { k++ }
            }

            k == kernel.size || (m < model.size && lengths[m + 1][k] >= lengths[m][k + 1]) -> {
                reported +=
                    "model  - ${model[m++]}"
            }

            else -> {
                reported += "kernel + ${kernel[k++]}"
            }
        }
    }
    return reported.joinToString("\n")
}
