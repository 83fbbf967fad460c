package dev.nfkit.testkit.traversal;

import dev.nfkit.testkit.ruleset.BaseHook;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.ruleset.Ruleset;
import java.util.ArrayList;
import java.util.List;

/** What is executed at a hook at one time: a base chain, connection tracking, or all chains that translate addresses. */
final class Stop {
    private static final int CONNTRACK = -200;
    private static final int PREROUTING = 0;
    private static final int OUTPUT = 3;
    private static final int DESTINATION = -100;
    private static final int SOURCE = 100;

    private final int priority;
    private final boolean nat;
    private final List<ChainState> chains = new ArrayList<>();

    private Stop(int priority, boolean nat) {
        this.priority = priority;
        this.nat = nat;
    }

    /** Whether connections are found at a hook. */
    static boolean tracks(int hook) {
        return hook == PREROUTING || hook == OUTPUT;
    }

    boolean isConntrack() {
        return chains.isEmpty();
    }

    boolean isNat() {
        return nat;
    }

    ChainState only() {
        return chains.get(0);
    }

    List<ChainState> chains() {
        return chains;
    }

    /** The stops of a hook in their order. */
    static List<Stop> at(Ruleset ruleset, int family, int hook, boolean first) {
        List<Stop> stops = new ArrayList<>();
        if (first && tracks(hook)) {
            stops.add(new Stop(CONNTRACK, false));
        }
        Stop translation = null;
        for (ChainState chain : ruleset.at(family, hook)) {
            BaseHook where = chain.hook();
            if (where == null) {
                continue;
            }
            if (where.nat()) {
                if (translation == null) {
                    translation = new Stop(tracks(hook) ? DESTINATION : SOURCE, true);
                    insert(stops, translation);
                }
                translation.chains.add(chain);
            } else {
                Stop stop = new Stop(where.priority(), false);
                stop.chains.add(chain);
                insert(stops, stop);
            }
        }
        return stops;
    }

    /** Puts a stop after all of lower or the same priority, as the chains are in order. */
    private static void insert(List<Stop> stops, Stop stop) {
        int at = stops.size();
        while (at > 0 && stops.get(at - 1).priority > stop.priority) {
            at--;
        }
        stops.add(at, stop);
    }
}
