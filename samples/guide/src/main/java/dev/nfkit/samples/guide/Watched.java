// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.guide;

import dev.nfkit.health.HealthCheck;
import dev.nfkit.health.HealthFinding;
import dev.nfkit.health.HealthState;
import dev.nfkit.health.SessionHealth;
import dev.nfkit.micrometer.NfkitMeters;
import dev.nfkit.nfqueue.NfqueueOptions;
import dev.nfkit.nfqueue.NfqueueSession;
import dev.nfkit.nfqueue.Verdict;
import dev.nfkit.socket.NetlinkTransport;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.PrintStream;

/** The code of the guide to operating: meters and health. */
public final class Watched {
    private Watched() {}

    /** Runs a session with meters. */
    public static void serve(NetlinkTransport transport, NfqueueOptions options, MeterRegistry registry)
            throws IOException {
        try (NfqueueSession session = NfqueueSession.open(transport, options);
                NfkitMeters meters = NfkitMeters.nfqueue("egress", session)) {
            meters.bindTo(registry);
            session.run(packet -> Verdict.ACCEPT);
        }
    }

    /** Prints what needs attention; false if packets are lost. */
    public static boolean ready(HealthCheck check, PrintStream out) {
        SessionHealth health = check.look();
        for (HealthFinding finding : health.findings()) {
            out.println(finding.state() + ": " + finding.reason() + "; " + finding.cure());
        }
        return health.state() != HealthState.PROBLEM;
    }
}
