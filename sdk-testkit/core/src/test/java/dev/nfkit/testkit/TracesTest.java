// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.nflog.NflogOptions;
import dev.nfkit.nflog.NflogSession;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Replays recordings from Java. */
class TracesTest {
    private static final String RESOURCE = "traces/nflog/nflog-prefix-mark-uid.pcap";
    private static final NflogOptions OPTIONS = NflogOptions.builder().group(2).build();

    @Test
    void aRecordingOnTheClassPathIsReplayed() throws Exception {
        List<String> prefixes = new ArrayList<>();
        try (ReplayTransport replay = Traces.lenient(RESOURCE);
                NflogSession session = NflogSession.open(replay, OPTIONS)) {
            session.run(packet -> prefixes.add(packet.prefix()));
        }
        assertEquals(List.of("prefix with spaces=é ", "prefix with spaces=é "), prefixes);
    }

    @Test
    void aRecordingInThePackageOfAClassIsReplayed() throws Exception {
        try (ReplayTransport replay = Traces.lenient(TracesTest.class, "/" + RESOURCE);
                NflogSession session = NflogSession.open(replay, OPTIONS)) {
            assertEquals(2, session.run(packet -> {}));
        }
    }

    @Test
    void aMissingRecordingNamesTheSearchedPlaces() {
        IllegalArgumentException resource =
                assertThrows(IllegalArgumentException.class, () -> Traces.replay("traces/none.pcap"));
        assertTrue(resource.getMessage().startsWith("there is no resource traces/none.pcap, by the thread's context"));
        assertTrue(resource.getMessage().contains("beside dev.nfkit.testkit.TracesTest"), resource.getMessage());
        UncheckedIOException file =
                assertThrows(UncheckedIOException.class, () -> Traces.replay(Path.of("traces", "none.pcap")));
        assertTrue(file.getMessage().startsWith("there is no recording /"), file.getMessage());
    }

    @Test
    void aFileThatIsNotARecordingIsRefused() {
        UncheckedIOException wrong =
                assertThrows(UncheckedIOException.class, () -> Traces.replay("traces/nflog/nflog-prefix-mark-uid.md"));
        assertTrue(wrong.getMessage().contains("expected a pcap or pcapng header"), wrong.getMessage());
    }

    @Test
    void unreadPacketsFailTheTest() throws Exception {
        ReplayTransport replay = Traces.lenient(RESOURCE);
        try (NflogSession session = NflogSession.open(replay, OPTIONS)) {
            session.run(packet -> session.stop());
        }
        AssertionError left = assertThrows(AssertionError.class, replay::close);
        assertTrue(left.getMessage().contains("not received: " + RESOURCE + ", entry "), left.getMessage());
        assertTrue(left.getMessage().contains("NFULA_PREFIX = \"prefix with spaces=é \""), left.getMessage());
        replay.close();
    }
}
