// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.benchmarks;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.netfilter.PacketSink;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogPacket;
import dev.nfkit.nflog.NflogSession;

/**
 * A logger on the callback API. It reads the mark, prefix, timestamp and payload of each packet of group 30. On SIGTERM
 * it ends and prints a result line.
 */
public final class NflogCallback {
    private static final int GROUP = 30;

    private long bytes;
    private long sink;

    private NflogCallback() {}

    /**
     * Runs until SIGTERM.
     *
     * @param args the copy range, 128 by default; then the threshold, 1024; then NLBUFSIZ, 131072
     * @throws Exception if the session fails
     */
    public static void main(String[] args) throws Exception {
        new NflogCallback().run(args);
    }

    private void run(String[] args) throws Exception {
        int range = args.length > 0 ? Integer.parseInt(args[0]) : 128;
        int threshold = args.length > 1 ? Integer.parseInt(args[1]) : 1024;
        int bufferSize = args.length > 2 ? Integer.parseInt(args[2]) : 131_072;
        NflogOptions options = NflogOptions.builder()
                .group(
                        GROUP,
                        group -> group.copyRange(range).threshold(threshold).bufferSize(bufferSize))
                .build();
        PacketSink<NflogPacket, RuntimeException> looking = this::look;
        Warmup.nflog(GROUP, options, looking);
        bytes = 0;
        try (NflogSession session = NflogSession.open(LinuxTransport.current(), options)) {
            Consumers.endOnSignal(session::stop);
            session.run(looking);
            Consumers.report("nfkit-callback", session.statistics(), bytes, sink);
        }
    }

    private void look(NflogPacket packet) {
        sink += packet.mark();
        sink += packet.prefix().length();
        if (packet.has(NflogAttribute.TIMESTAMP)) {
            sink += packet.timestampNanos();
        }
        int length = packet.payload().length();
        bytes += length;
        if (length > 0) {
            sink += packet.payload().u8(0);
        }
    }
}
