package dev.nfkit.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.nfkit.testkit.PlaceholderContract;
import org.junit.jupiter.api.Test;

class PlaceholderTest extends PlaceholderContract {
    static final String SEEN_BY_KOTLIN = "Java";

    @Test
    void javaSeesTheModuleAndTheKotlinTests() {
        assertEquals("dev.nfkit/dev.nfkit.linux", LinuxPlaceholder.name());
        assertEquals("Kotlin", PlaceholderSpec.SEEN_BY_JAVA);
    }

    @Override
    protected String name() {
        return LinuxPlaceholder.name();
    }
}
