package dev.nfkit;

/** Stands in until the real code of this module arrives. */
public final class Placeholder {
    private Placeholder() {}

    /**
     * Names this module.
     *
     * @return its name
     */
    public static String name() {
        return "dev.nfkit";
    }
}
