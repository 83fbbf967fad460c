// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.nfkit.layers.Cycles;
import dev.nfkit.layers.Layers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The layers of the command line: imports go down only, and packages of one layer never import each other. Commands
 * build on what they share; {@code replay} prints with the code of other commands, and {@code demo} with that of
 * {@code replay}.
 */
class LayersTest {
    /** The layer of each package, by its name below the root (the root itself is ""). */
    private static final Map<String, Integer> LAYERS = Map.ofEntries(
            Map.entry("output", 0),
            Map.entry("outline", 0),
            Map.entry("run", 1),
            Map.entry("arguments", 2),
            Map.entry("conntrack.names", 2),
            Map.entry("conntrack.arguments", 3),
            Map.entry("conntrack.print", 3),
            Map.entry("paths", 3),
            Map.entry("capture", 4),
            Map.entry("queue", 4),
            Map.entry("conntrack", 4),
            Map.entry("top", 4),
            Map.entry("flows", 4),
            Map.entry("rules", 4),
            Map.entry("explain", 4),
            Map.entry("doctor", 4),
            Map.entry("record", 4),
            Map.entry("anonymize", 4),
            Map.entry("replay", 5),
            Map.entry("demo", 6),
            Map.entry("", 7));

    private static final Layers RULE = Layers.of(Main.class, LAYERS);

    /** A printer and what it prints with; more classes do not depend on each other. */
    private static final int LARGEST_CYCLE = 2;

    private static final int LARGEST_PACKAGE = 25;

    @TempDir
    Path temp;

    @Test
    void packagesKeepTheirLayers() {
        RULE.check();
    }

    @Test
    void noCommandImportsTheMainClassOrAnotherCommand() throws IOException {
        for (String command : List.of(
                "capture",
                "queue",
                "conntrack",
                "top",
                "flows",
                "rules",
                "doctor",
                "record",
                "anonymize",
                "replay",
                "demo")) {
            assertViolated(command, "");
        }
        assertViolated("capture", "queue");
        assertViolated("output", "arguments");
        assertViolated("conntrack.print", "conntrack.arguments");
    }

    @Test
    void cyclesAndPackagesAreSmall() {
        Cycles cycles = Cycles.of(Main.class);
        System.out.print(cycles.table());
        assertEquals(Map.of(), cycles.largerThan(LARGEST_CYCLE), "cycles of more than " + LARGEST_CYCLE + " classes");
        Map<String, Integer> large = cycles.sizes();
        large.values().removeIf(size -> size <= LARGEST_PACKAGE);
        assertEquals(Map.of(), large, "packages of more than " + LARGEST_PACKAGE + " classes");
    }

    private void assertViolated(String from, String to) throws IOException {
        List<String> found = RULE.violations(Files.createTempDirectory(temp, "layers"), from, to);
        assertNotEquals(List.of(), found, () -> from + " may import " + to);
    }
}
