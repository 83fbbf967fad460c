// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.layers.Layers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layers of core: imports go down only, and packages of one layer never import each other. */
class LayersTest {
    /** The layer of each package, by its name below the root (the root itself is ""). */
    private static final Map<String, Integer> LAYERS = Map.ofEntries(
            Map.entry("", 0),
            Map.entry("jfr", 1),
            Map.entry("wire", 1),
            Map.entry("packet", 1),
            Map.entry("pcap", 1),
            Map.entry("socket", 2),
            Map.entry("session", 3),
            Map.entry("conntrack.codec", 3),
            Map.entry("decode", 3),
            Map.entry("trace", 3),
            Map.entry("conntrack", 4),
            Map.entry("nftables.expression", 4),
            Map.entry("nftables.bytecode", 4),
            Map.entry("nftables.edit", 4),
            Map.entry("conntrack.table", 5),
            Map.entry("nftables.statement", 5),
            Map.entry("netfilter", 5),
            Map.entry("process", 5),
            Map.entry("conntrack.event", 6),
            Map.entry("nftables.text", 6),
            Map.entry("netfilter.decode", 6),
            Map.entry("nftables.codec", 6),
            Map.entry("nftables.compile", 6),
            Map.entry("nftables.build", 9),
            Map.entry("nftables.decompile", 7),
            Map.entry("nftables", 8),
            Map.entry("nflog", 9),
            Map.entry("nftables.trace", 9),
            Map.entry("nfqueue", 9),
            Map.entry("filter", 10),
            Map.entry("health", 10),
            Map.entry("anonymize", 10));

    private static final Layers RULE = Layers.of(Bytes.class, LAYERS);

    @TempDir
    Path temp;

    @Test
    void corePackagesKeepTheirLayers() {
        RULE.check();
    }

    @Test
    void lowerLayersMayBeImported() throws IOException {
        assertEquals(List.of(), violations("nflog", "netfilter"));
        assertEquals(List.of(), violations("nflog", "trace"));
        assertEquals(List.of(), violations("trace", "socket"));
        assertEquals(List.of(), violations("trace", "pcap"));
        assertEquals(List.of(), violations("netfilter", "conntrack"));
        assertEquals(List.of(), violations("conntrack", "conntrack.codec"));
        assertEquals(List.of(), violations("conntrack.event", "conntrack.table"));
        assertEquals(List.of(), violations("wire", ""));
        assertEquals(List.of(), violations("wire.detail", "wire"));
    }

    @Test
    void otherImportsAreFound() {
        assertAll(
                () -> assertViolated("wire", "nflog"),
                () -> assertViolated("", "wire"),
                () -> assertViolated("socket", "trace"),
                () -> assertViolated("nflog", "nfqueue"),
                () -> assertViolated("nfqueue", "nflog"),
                () -> assertViolated("wire", "packet"),
                () -> assertViolated("trace", "session"),
                () -> assertViolated("conntrack.codec", "conntrack"),
                () -> assertViolated("conntrack", "conntrack.table"),
                () -> assertViolated("conntrack.table", "conntrack.event"));
    }

    @Test
    void anUnknownPackageIsFound() throws IOException {
        List<String> found = violations("attic", "wire");
        assertEquals(1, found.size(), found::toString);
        assertTrue(found.get(0).contains("dev.nfkit.attic.From is in no package"), found::toString);
    }

    private void assertViolated(String from, String to) throws IOException {
        List<String> found = violations(from, to);
        assertFalse(found.isEmpty(), () -> from + " may import " + to);
        assertTrue(found.stream().allMatch(it -> it.contains("From") && it.contains("To")), found::toString);
    }

    private List<String> violations(String from, String to) throws IOException {
        return RULE.violations(Files.createTempDirectory(temp, "layers"), from, to);
    }
}
