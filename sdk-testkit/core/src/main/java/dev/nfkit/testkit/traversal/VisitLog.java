package dev.nfkit.testkit.traversal;

import dev.nfkit.testkit.machine.CodeChain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules that a packet met, kept in arrays, since most packets' lists are never read. */
final class VisitLog {
    private static final int FIRST_CAPACITY = 32;
    private static final byte MISSED = 0;
    private static final byte MATCHED = 1;
    private static final byte POLICY_DROP = 2;
    private static final byte POLICY_ACCEPT = 3;

    private @Nullable CodeChain[] chains = new @Nullable CodeChain[FIRST_CAPACITY];
    private long[] handles = new long[FIRST_CAPACITY];
    private byte[] kinds = new byte[FIRST_CAPACITY];
    private int count;

    void rule(CodeChain chain, long handle, boolean matched) {
        add(chain, handle, matched ? MATCHED : MISSED);
    }

    void policy(CodeChain chain, int verdict) {
        add(chain, 0, verdict == 0 ? POLICY_DROP : POLICY_ACCEPT);
    }

    private void add(CodeChain chain, long handle, byte kind) {
        if (count == kinds.length) {
            chains = Arrays.copyOf(chains, 2 * count);
            handles = Arrays.copyOf(handles, 2 * count);
            kinds = Arrays.copyOf(kinds, 2 * count);
        }
        chains[count] = chain;
        handles[count] = handle;
        kinds[count++] = kind;
    }

    List<Visit> list() {
        List<Visit> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            CodeChain chain = chains[i];
            if (chain != null) {
                String verdict = kinds[i] == POLICY_DROP ? "drop" : kinds[i] == POLICY_ACCEPT ? "accept" : null;
                list.add(new Visit(chain, handles[i], kinds[i] != MISSED, verdict));
            }
        }
        return list;
    }
}
