// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.Hook;
import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.nftables.Batch;
import dev.nfkit.nftables.Nftables;
import dev.nfkit.nftables.Ruleset;
import dev.nfkit.packet.IpSummary;

/** Prints the packets of one user's connections, in both directions. */
public final class UserTraffic {
    private static final String RULES = """
            table inet user-traffic {
                flags owner
                chain output {
                    type filter hook output priority mangle
                    meta skuid %d ct mark set 0x1e
                }
            }
            """;

    private UserTraffic() {}

    public static void main(String[] args) throws Exception {
        long uid = Long.parseLong(args[0]);
        LinuxTransport transport = LinuxTransport.current();
        NflogOptions options =
                NflogOptions.builder().group(30).rule("ct mark 0x1e").build();
        IpSummary ip = new IpSummary();
        try (NflogSession session = NflogSession.open(transport, options);
                Nftables nftables = Nftables.open(transport)) {
            nftables.commit(new Batch().add(Ruleset.parse(RULES.formatted(uid))));
            session.run(packet -> {
                if (ip.wrap(packet.payload())) {
                    String arrow = packet.hook() == Hook.LOCAL_OUT ? " -> " : " <- ";
                    System.out.println(uid + arrow + (packet.hook() == Hook.LOCAL_OUT ? ip.destination() : ip.source())
                            + ", " + packet.originalLength() + " bytes");
                }
            });
        }
    }
}
