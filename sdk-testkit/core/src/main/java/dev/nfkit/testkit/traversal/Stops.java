// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

import dev.nfkit.AddressFamily;
import dev.nfkit.testkit.machine.NotModelled;
import dev.nfkit.testkit.ruleset.BaseHook;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.ruleset.Ruleset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The stops of each hook, found once for each generation of the ruleset. Requires the clock's lock. */
public final class Stops {
    private static final int EGRESS = 1;
    private static final Stop[] NONE = {};

    private final Ruleset ruleset;
    private final Map<String, Stop[]> devices = new HashMap<>();
    private @Nullable Stop[][] byHook = new Stop[24][];
    private long generation = -1;

    public Stops(Ruleset ruleset) {
        this.ruleset = ruleset;
    }

    /** The stops of a hook of IP in their order. */
    Stop[] at(int family, int hook, boolean tracks) {
        refresh();
        int place = (family == AddressFamily.IPV4.number() ? 0 : 12) + hook * 2 + (tracks ? 1 : 0);
        Stop[] found = byHook[place];
        if (found == null) {
            found = find(family, hook, tracks);
            byHook[place] = found;
        }
        return found;
    }

    /** The stops of a device's ingress hook. */
    Stop[] ingress(String device) {
        refresh();
        return devices.computeIfAbsent(device, this::findIngress);
    }

    /** Fails if the packet would meet a chain where it leaves by a device. */
    void checkEgress(String device) {
        for (ChainState chain : ruleset.ofDevice(device)) {
            BaseHook where = chain.hook();
            if (where != null && where.number() == EGRESS) {
                throw new NotModelled("the hook egress, which chain " + chain.name() + " is at");
            }
        }
    }

    private void refresh() {
        if (generation != ruleset.generation()) {
            generation = ruleset.generation();
            byHook = new Stop[24][];
            devices.clear();
        }
    }

    private Stop[] find(int family, int hook, boolean tracks) {
        List<Stop> stops = new ArrayList<>();
        if (tracks && (hook == Way.PREROUTING || hook == Way.OUTPUT)) {
            stops.add(Stop.conntrack());
        }
        List<ChainState> translating = new ArrayList<>();
        for (ChainState chain : ruleset.at(family, hook)) {
            BaseHook where = chain.hook();
            if (where != null && where.nat()) {
                translating.add(chain);
            } else if (where != null) {
                insert(stops, Stop.chain(chain, where.priority()));
            }
        }
        // With the first such chain of a family, the kernel translates at all hooks.
        if (hook != Way.FORWARD && ruleset.translates(family)) {
            insert(stops, Stop.nat(hook, translating));
        }
        return stops.toArray(NONE);
    }

    private Stop[] findIngress(String device) {
        List<Stop> stops = new ArrayList<>();
        for (ChainState chain : ruleset.ofDevice(device)) {
            BaseHook where = chain.hook();
            if (where != null && where.number() != EGRESS) {
                insert(stops, Stop.chain(chain, where.priority()));
            }
        }
        return stops.toArray(NONE);
    }

    /** Puts a stop after all of lower or the same priority, as the chains are in order. */
    private static void insert(List<Stop> stops, Stop stop) {
        int at = stops.size();
        while (at > 0 && stops.get(at - 1).priority() > stop.priority()) {
            at--;
        }
        stops.add(at, stop);
    }
}
