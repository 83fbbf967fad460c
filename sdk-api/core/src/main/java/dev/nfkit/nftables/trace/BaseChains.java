// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.trace;

import dev.nfkit.AddressFamily;
import dev.nfkit.nftables.Chain;
import dev.nfkit.nftables.TableId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The base chains of a ruleset: they show whether a packet that was accepted comes to further chains. Immutable. */
public final class BaseChains {
    private static final BaseChains NONE = new BaseChains(Map.of());

    /** What identifies a chain. */
    record Key(TableId table, String chain) {}

    private final Map<Key, ChainPlace> places;

    private BaseChains(Map<Key, ChainPlace> places) {
        this.places = Map.copyOf(places);
    }

    /**
     * No chains. Nothing is known of the order then.
     *
     * @return an empty value
     */
    public static BaseChains none() {
        return NONE;
    }

    /**
     * The base chains among chains.
     *
     * @param chains such as all of a ruleset; others than base chains are left out
     * @return the value
     */
    public static BaseChains of(List<Chain> chains) {
        Map<Key, ChainPlace> places = new HashMap<>();
        for (Chain chain : chains) {
            chain.hook()
                    .ifPresent(hook ->
                            places.put(new Key(chain.table(), chain.name()), ChainPlace.of(chain.table(), hook)));
        }
        return new BaseChains(places);
    }

    /**
     * Where a chain is.
     *
     * @param table the chain's table
     * @param chain its name
     * @return the place; empty if it is no base chain
     */
    public Optional<ChainPlace> place(TableId table, String chain) {
        return Optional.ofNullable(places.get(new Key(table, chain)));
    }

    /** Whether a packet that these chains accepted, the last one at a place, may come to another chain. */
    boolean mayContinue(Set<Key> passed, @Nullable ChainPlace last, AddressFamily protocol, boolean translates) {
        if (last == null) {
            return true;
        }
        for (Map.Entry<Key, ChainPlace> other : places.entrySet()) {
            if (!passed.contains(other.getKey())
                    && sees(other.getKey().table().family(), protocol)
                    && (translates || !other.getValue().nat())
                    && last.leadsTo(other.getValue())) {
                return true;
            }
        }
        return false;
    }

    /** Whether chains of a family see packets of a protocol. */
    private static boolean sees(AddressFamily family, AddressFamily protocol) {
        if (family == protocol || family == AddressFamily.NETDEV) {
            return true;
        }
        if (protocol == AddressFamily.IPV4 || protocol == AddressFamily.IPV6) {
            return family == AddressFamily.INET;
        }
        return protocol == AddressFamily.BRIDGE || protocol == AddressFamily.NETDEV;
    }

    /**
     * The number of chains.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return "BaseChains[" + places.size() + "]";
    }
}
