// SPDX-License-Identifier: Apache-2.0
package dev.nfkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.nfkit.layers.Cycles;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Holds the cycles of classes that depend on each other small. Prints the largest one of each package. */
class CyclesTest {
    /** A list and its nodes, or a type, its owner and what it is made into, belong together; more do not. */
    private static final int LARGEST = 4;

    @Test
    void noPackageHasALargeCycle() {
        Cycles cycles = Cycles.of(Bytes.class);
        assertTrue(cycles.sizes().size() > 5, "core has more packages than " + cycles.sizes());
        System.out.print(cycles.table());
        assertEquals(Map.of(), cycles.largerThan(LARGEST), "cycles of more than " + LARGEST + " classes");
    }

    @Test
    void aCycleIsFoundAndAChainIsNone() {
        Map<String, Set<String>> chain = Map.of("A", Set.of("B"), "B", Set.of("C"), "C", Set.of());
        assertEquals(1, Cycles.largest(chain).size());
        Map<String, Set<String>> cycle = Map.of("A", Set.of("B"), "B", Set.of("C"), "C", Set.of("A"), "D", Set.of("A"));
        assertEquals(Set.of("A", "B", "C"), Cycles.largest(cycle));
    }
}
