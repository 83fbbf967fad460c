// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.layers.Cycles;
import dev.nfkit.layers.Layers;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The layers of the testkit: imports go down only, and packages of one layer never import each other. The facades are on
 * top. Prints the largest cycle of classes in each package.
 */
class LayersTest {
    /** The layer of each package, by its name below the root (the root itself is ""). */
    private static final Map<String, Integer> LAYERS = Map.ofEntries(
            Map.entry("time", 0),
            Map.entry("message", 0),
            Map.entry("fault", 0),
            Map.entry("sample", 1),
            Map.entry("socket", 1),
            Map.entry("kernel", 2),
            Map.entry("replay", 2),
            Map.entry("nflog", 3),
            Map.entry("nfqueue", 3),
            Map.entry("conntrack", 3),
            Map.entry("process", 3),
            Map.entry("machine", 3),
            Map.entry("instruction", 4),
            Map.entry("ruleset", 5),
            Map.entry("nftables", 6),
            Map.entry("traversal", 6),
            Map.entry("", 7));

    /** A model and what carries out its requests depend on each other; more classes do not. */
    private static final int LARGEST_CYCLE = 3;

    /** The facades, which are as many as what a test can use. */
    private static final int FACADES = 34;

    private static final int LARGEST_PACKAGE = 25;

    @Test
    void packagesKeepTheirLayers() {
        Layers.of(FakeNetfilter.class, LAYERS).check();
    }

    @Test
    void noPackageIsLargeOrHasALargeCycle() {
        Cycles cycles = Cycles.of(FakeNetfilter.class);
        System.out.print(cycles.table());
        assertEquals(Map.of(), cycles.largerThan(LARGEST_CYCLE));
        Map<String, Integer> sizes = new TreeMap<>(cycles.sizes());
        int facades = sizes.remove("dev.nfkit.testkit");
        assertTrue(facades <= FACADES, "facades: " + facades);
        sizes.values().removeIf(classes -> classes <= LARGEST_PACKAGE);
        assertEquals(Map.of(), sizes);
    }
}
