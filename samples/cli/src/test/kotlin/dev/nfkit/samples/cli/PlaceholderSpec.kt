package dev.nfkit.samples.cli

import io.kotest.core.spec.style.StringSpec
import io.kotest.matchers.shouldBe

class PlaceholderSpec :
    StringSpec({
        "Kotlin sees the module and the Java tests" {
            Main.run("--version") shouldBe 0
            PlaceholderTest.SEEN_BY_KOTLIN shouldBe "Java"
        }
    }) {
    companion object {
        const val SEEN_BY_JAVA = "Kotlin"
    }
}
