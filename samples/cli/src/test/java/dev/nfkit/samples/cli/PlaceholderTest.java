package dev.nfkit.samples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PlaceholderTest {
    static final String SEEN_BY_KOTLIN = "Java";

    @Test
    void javaSeesTheModuleAndTheKotlinTests() {
        assertEquals(0, Main.run("--version"));
        assertEquals("Kotlin", PlaceholderSpec.SEEN_BY_JAVA);
    }
}
