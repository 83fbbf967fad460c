package dev.nfkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PlaceholderTest {
    static final String SEEN_BY_KOTLIN = "Java";

    @Test
    void javaSeesTheModuleAndTheKotlinTests() {
        assertEquals("dev.nfkit", Placeholder.name());
        assertEquals("Kotlin", PlaceholderSpec.SEEN_BY_JAVA);
    }
}
