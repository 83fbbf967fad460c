package dev.nfkit.linux;

import dev.nfkit.Placeholder;

/** Stands in until the real code of this module arrives. */
public final class LinuxPlaceholder {
    private LinuxPlaceholder() {}

    /**
     * Names this module.
     *
     * @return its name, and that of the module below, {@link Placeholder}
     */
    public static String name() {
        return Placeholder.name() + "/" + "dev.nfkit.linux";
    }
}
