/** A domain blocker. */
module dev.nfkit.samples.dns {
    requires dev.nfkit;
    requires dev.nfkit.linux;
    requires static org.jspecify;
}
