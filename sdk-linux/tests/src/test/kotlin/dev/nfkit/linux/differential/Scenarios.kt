package dev.nfkit.linux.differential

/** Steps under a name, which play on any stage. */
internal class Scenario(
    val name: String,
    /** Why the running kernel can't play it, or null; asked once the privileges are there. */
    val lacking: () -> String?,
    val steps: Stage.() -> Unit,
)

/** A table of scenarios: a name, and behind it the steps. */
internal class Scenarios(
    private val family: String,
) {
    val all = mutableListOf<Scenario>()

    operator fun String.invoke(steps: Stage.() -> Unit) {
        all += Scenario("$family: $this", { null }, steps)
    }

    /** A scenario for kernels that have something. */
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
