// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

import dev.nfkit.testkit.machine.CodeChain;
import dev.nfkit.testkit.machine.CodeRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules that a packet met, and the chains whose policy it came to; kept in arrays, since most lists are never read. */
final class VisitLog {
    private static final int SPARE = 4;

    private @Nullable Object[] entries = {};
    /** Whether a rule matched, or a policy accepts. */
    private long[] bits = {};

    private int count;

    /** Makes place for the rules of a base chain at once. */
    void expect(int rules) {
        int needed = count + rules + SPARE;
        if (needed > entries.length) {
            entries = Arrays.copyOf(entries, needed);
            bits = Arrays.copyOf(bits, needed / Long.SIZE + 1);
        }
    }

    void rule(CodeRule rule, boolean matched) {
        add(rule, matched);
    }

    void policy(CodeChain chain, boolean accepts) {
        add(chain, accepts);
    }

    private void add(Object entry, boolean bit) {
        int at = count;
        if (at == entries.length) {
            expect(at);
        }
        entries[at] = entry;
        if (bit) {
            bits[at >> 6] |= 1L << at;
        }
        count = at + 1;
    }

    List<Visit> list() {
        List<Visit> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boolean bit = (bits[i >> 6] & (1L << i)) != 0;
            if (entries[i] instanceof CodeRule rule) {
                list.add(new Visit(rule.chain(), rule.handle(), bit, null));
            } else if (entries[i] instanceof CodeChain chain) {
                list.add(new Visit(chain, 0, true, bit ? "accept" : "drop"));
            }
        }
        return list;
    }
}
