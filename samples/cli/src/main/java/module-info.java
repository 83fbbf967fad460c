// SPDX-License-Identifier: Apache-2.0
/** A command line over nfkit. */
module dev.nfkit.samples.cli {
    requires dev.nfkit;
    requires dev.nfkit.flows;
    requires dev.nfkit.linux;
    requires dev.nfkit.testkit;
    requires info.picocli;
    requires jdk.unsupported;
    requires static org.jspecify;

    // picocli reads the annotations by reflection.
    opens dev.nfkit.samples.cli to
            info.picocli;
    opens dev.nfkit.samples.cli.anonymize to
            info.picocli;
    opens dev.nfkit.samples.cli.arguments to
            info.picocli;
    opens dev.nfkit.samples.cli.capture to
            info.picocli;
    opens dev.nfkit.samples.cli.conntrack to
            info.picocli;
    opens dev.nfkit.samples.cli.conntrack.arguments to
            info.picocli;
    opens dev.nfkit.samples.cli.demo to
            info.picocli;
    opens dev.nfkit.samples.cli.doctor to
            info.picocli;
    opens dev.nfkit.samples.cli.explain to
            info.picocli;
    opens dev.nfkit.samples.cli.flows to
            info.picocli;
    opens dev.nfkit.samples.cli.queue to
            info.picocli;
    opens dev.nfkit.samples.cli.record to
            info.picocli;
    opens dev.nfkit.samples.cli.replay to
            info.picocli;
    opens dev.nfkit.samples.cli.rules to
            info.picocli;
    opens dev.nfkit.samples.cli.top to
            info.picocli;
}
