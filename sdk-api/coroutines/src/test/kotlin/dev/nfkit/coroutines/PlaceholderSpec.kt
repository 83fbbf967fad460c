package dev.nfkit.coroutines

import io.kotest.core.spec.style.StringSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.flow.toList

class PlaceholderSpec :
    StringSpec({
        "Kotlin sees the module and the Java tests" {
            placeholderNames().toList() shouldBe listOf("dev.nfkit", "dev.nfkit.coroutines")
            PlaceholderTest.SEEN_BY_KOTLIN shouldBe "Java"
        }
    }) {
    companion object {
        const val SEEN_BY_JAVA = "Kotlin"
    }
}
