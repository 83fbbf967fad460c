package dev.nfkit.coroutines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PlaceholderTest {
    static final String SEEN_BY_KOTLIN = "Java";

    @Test
    void javaSeesTheModuleAndTheKotlinTests() {
        assertEquals(
                false, CoroutinesPlaceholderKt.placeholderNames().getClass().isInterface());
        assertEquals("Kotlin", PlaceholderSpec.SEEN_BY_JAVA);
    }
}
