package dev.nfkit.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PlaceholderTest extends PlaceholderContract {
    static final String SEEN_BY_KOTLIN = "Java";

    @Test
    void javaSeesTheModuleAndTheKotlinTests() {
        assertEquals("dev.nfkit/dev.nfkit.testkit", TestkitPlaceholder.name());
        assertEquals("Kotlin", PlaceholderSpec.SEEN_BY_JAVA);
    }

    @Override
    protected String name() {
        return TestkitPlaceholder.name();
    }
}
