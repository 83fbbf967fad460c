// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks.soak

import kotlin.system.exitProcess

/**
 * Runs the scenarios of the Java API and of the Kotlin API. Its arguments are those of [Soak.run]: the duration in
 * seconds, and the milliseconds that each scenario sends at a time.
 */
public fun main(args: Array<String>) {
    exitProcess(Soak.run(args, Soak.scenarios() + listOf(FlowScenario(), DecideScenario(), EventFlowScenario())))
}
