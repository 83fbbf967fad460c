package dev.nfkit.testkit;

/** Stands in until the real code of this module arrives. */
public final class TestkitPlaceholder {
    private TestkitPlaceholder() {}

    /**
     * Names this module.
     *
     * @return its name, and that of the module below, core
     */
    public static String name() {
        return "dev.nfkit" + "/" + "dev.nfkit.testkit";
    }
}
