/** A command line over nfkit. */
module dev.nfkit.samples.cli {
    requires dev.nfkit;
    requires dev.nfkit.linux;
    requires dev.nfkit.testkit;
    requires info.picocli;
    requires jdk.unsupported;
    requires static org.jspecify;

    // picocli reads the annotations by reflection.
    opens dev.nfkit.samples.cli to
            info.picocli;
}
