package dev.nfkit.samples.guide;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.io.PrintStream;

/** Prints the packets that a rule matches, until Ctrl-C. */
public final class Watch {
    private Watch() {}

    public static void main(String[] args) throws IOException {
        watch(LinuxTransport.current(), args.length > 0 ? args[0] : "tcp dport 443", System.out);
    }

    static void watch(NetlinkTransport transport, String rule, PrintStream out) throws IOException {
        NflogOptions options = NflogOptions.builder().group(30).rule(rule).build();
        IpSummary ip = new IpSummary();
        try (NflogSession session = NflogSession.open(transport, options)) {
            session.run(packet -> {
                if (ip.wrap(packet.payload())) {
                    out.println(ip.source() + " > " + ip.destination() + " " + packet.originalLength() + " bytes");
                }
            });
        }
    }
}
