// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.linux.differential

/** Steps with a name, which run on any stage. */
internal class Scenario(
    val name: String,
    /** Why the running kernel cannot run it, or null; called once the privileges are available. */
    val lacking: () -> String?,
    val steps: Stage.() -> Unit,
)

/** A table of scenarios: a name, followed by the steps. */
internal class Scenarios(
    private val family: String,
) {
    val all = mutableListOf<Scenario>()

    operator fun String.invoke(steps: Stage.() -> Unit) {
        all += Scenario("$family: $this", { null }, steps)
    }

    /** A scenario for kernels with a feature. */
    fun String.where(
        lacking: () -> String?,
        steps: Stage.() -> Unit,
    ) {
        all += Scenario("$family: $this", lacking, steps)
    }
}

internal fun scenarios(
    family: String,
    table: Scenarios.() -> Unit,
): List<Scenario> = Scenarios(family).apply(table).all
