package dev.nfkit.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What every module keeps: stands in for the socket contract. */
public abstract class PlaceholderContract {
    protected abstract String name();

    @Test
    void namesTheRoot() {
        assertTrue(name().startsWith("dev.nfkit"));
    }
}
