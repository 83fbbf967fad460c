package com.example;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.socket.NetlinkTransport;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;

/** Prints the packets that a rule matches. */
public final class Watch implements AutoCloseable {
    private final NflogSession session;
    private final PrintStream out;
    private final IpSummary ip = new IpSummary();

    public Watch(NetlinkTransport transport, String rule, PrintStream out) throws IOException {
        NflogOptions options = NflogOptions.builder().group(30).rule(rule).build();
        this.out = out;
        session = NflogSession.open(transport, options);
    }

    public static void main(String[] args) throws IOException {
        PrintStream out = System.out;
        String rule = args.length > 0 ? args[0] : "tcp dport 443";
        try (Watch watch = new Watch(LinuxTransport.current(), rule, out)) {
            out.println("watching " + rule + "; Ctrl-C ends it");
            watch.run();
        }
    }

    /** Prints packets until {@link #stop}. */
    public void run() throws IOException {
        session.run(this::print);
    }

    /** Prints the packets that have arrived; waits up to the given time for the first one. */
    public int poll(Duration timeout) throws IOException {
        return session.poll(this::print, timeout);
    }

    private void print(NflogPacket packet) {
        if (ip.wrap(packet.payload())) {
            out.println(ip.source() + " > " + ip.destination() + " " + packet.originalLength() + " bytes");
        }
    }

    /** Removes the rule, and prints what the kernel still has. Any thread. */
    public void stop() {
        session.stop();
    }

    @Override
    public void close() {
        session.close();
    }
}
