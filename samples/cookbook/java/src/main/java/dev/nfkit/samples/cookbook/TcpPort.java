// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cookbook;

import dev.nfkit.linux.LinuxTransport;
import dev.nfkit.nflog.NflogCaptureFiles;
import dev.nfkit.nflog.NflogCaptureOptions;
import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import java.nio.file.Path;
import java.time.Duration;

/** Captures the connections to one TCP port into a file for Wireshark. */
public final class TcpPort {
    private TcpPort() {}

    public static void main(String[] args) throws Exception {
        LinuxTransport transport = LinuxTransport.current();
        String match = "meta l4proto tcp ct original proto-dst " + Integer.parseInt(args[0]);
        NflogOptions options = NflogOptions.builder().group(30).rule(match).build();
        NflogCaptureOptions pcapng = NflogCaptureOptions.builder().build();
        try (NflogSession session = NflogSession.open(transport, options);
                NflogCaptureFiles files =
                        NflogCaptureFiles.open(Path.of(args[1]), pcapng, transport.kernel(), session::statistics)) {
            while (session.poll(files::write, Duration.ofSeconds(1)) >= 0) {
                files.flush();
            }
        }
    }
}
