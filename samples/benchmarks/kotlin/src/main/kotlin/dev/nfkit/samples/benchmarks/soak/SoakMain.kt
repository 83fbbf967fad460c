package dev.nfkit.samples.benchmarks.soak

import kotlin.system.exitProcess

/**
 * Runs the scenarios of the Java and of the Kotlin API. Its arguments are those of [Soak.run]: how many seconds it takes, and
 * how many milliseconds each scenario sends at a time.
 */
public fun main(args: Array<String>) {
    exitProcess(Soak.run(args, Soak.scenarios() + listOf(FlowScenario(), DecideScenario(), EventFlowScenario())))
}
