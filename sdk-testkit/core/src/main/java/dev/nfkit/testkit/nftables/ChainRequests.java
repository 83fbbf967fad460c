// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.nftables.codec.MessageTypes;
import dev.nfkit.nftables.codec.Nfta;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.ruleset.BaseHook;
import dev.nfkit.testkit.ruleset.ChainState;
import dev.nfkit.testkit.ruleset.TableState;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Requests that change chains. */
final class ChainRequests {
    private static final int ACCEPT = 1;
    private static final int INET = 1;
    private static final int IPV4 = 2;
    private static final int ARP = 3;
    private static final int NETDEV = 5;
    private static final int BRIDGE = 7;
    private static final int IPV6 = 10;
    private static final int IP_HOOKS = 0x1f;
    private static final int INGRESS = 0x20;
    private static final int NAT_HOOKS = 0x1b;
    private static final int ROUTE_HOOKS = 0x08;
    private static final int CONNTRACK_PRIORITY = -200;
    private static final Map<Integer, Map<String, Integer>> TYPES = Map.of(
            IPV4, Map.of("filter", IP_HOOKS, "nat", NAT_HOOKS, "route", ROUTE_HOOKS),
            IPV6, Map.of("filter", IP_HOOKS, "nat", NAT_HOOKS, "route", ROUTE_HOOKS),
            INET, Map.of("filter", IP_HOOKS | INGRESS, "nat", NAT_HOOKS, "route", ROUTE_HOOKS),
            ARP, Map.of("filter", 3),
            BRIDGE, Map.of("filter", IP_HOOKS),
            NETDEV, Map.of("filter", 3));

    private ChainRequests() {}

    static void create(Change change, Notices notices) throws Refused {
        Attributes attributes = change.attributes();
        TableState table = change.table(Nfta.CHAIN_TABLE);
        boolean byHandle = attributes.has(Nfta.CHAIN_HANDLE);
        int named = byHandle ? Nfta.CHAIN_HANDLE : Nfta.CHAIN_NAME;
        ChainState chain = byHandle
                ? byHandle(table, attributes.number(Nfta.CHAIN_HANDLE, 0))
                : attributes.has(Nfta.CHAIN_NAME) ? table.chain(attributes.text(Nfta.CHAIN_NAME)) : null;
        if (byHandle && chain == null) {
            throw attributes.refuse(Errno.ENOENT, Nfta.CHAIN_HANDLE);
        }
        int policy = policy(attributes, chain);
        if (chain == null) {
            chain = add(change, table, policy);
        } else {
            change.exists(named);
            update(change, table, chain, byHandle, policy);
        }
        ChainState changed = chain;
        notices.add(change.request(), MessageTypes.NEWCHAIN, table.family(), writer -> Contents.chain(writer, changed));
    }

    private static int policy(Attributes attributes, @Nullable ChainState chain) throws Refused {
        if (!attributes.has(Nfta.CHAIN_POLICY)) {
            return chain == null ? ACCEPT : chain.policy();
        }
        boolean base = chain == null ? attributes.has(Nfta.CHAIN_HOOK) : chain.hook() != null;
        if (!base) {
            throw attributes.refuse(Errno.EOPNOTSUPP, Nfta.CHAIN_POLICY);
        }
        long policy = attributes.number(Nfta.CHAIN_POLICY, 0);
        if (policy > ACCEPT) {
            throw new Refused(Errno.EINVAL);
        }
        return (int) policy;
    }

    private static ChainState add(Change change, TableState table, int policy) throws Refused {
        Attributes attributes = change.attributes();
        change.creates();
        long id = attributes.number(Nfta.CHAIN_ID, 0);
        BaseHook hook = hook(attributes, table.family());
        long handle = table.nextHandle();
        String name = attributes.has(Nfta.CHAIN_NAME) ? attributes.text(Nfta.CHAIN_NAME) : "__chain" + id;
        long flags = attributes.number(Nfta.CHAIN_FLAGS, 0);
        if (attributes.has(Nfta.CHAIN_COUNTERS)) {
            throw new AssertionError("FakeNetfilter does not model counters of chains (NFTA_CHAIN_COUNTERS)");
        }
        ChainState chain = new ChainState(
                table,
                name,
                handle,
                id,
                hook,
                policy,
                flags | (hook == null ? 0 : 1),
                attributes.bytes(Nfta.CHAIN_USERDATA));
        change.ruleset().add(chain);
        return chain;
    }

    private static void update(Change change, TableState table, ChainState chain, boolean byHandle, int policy)
            throws Refused {
        Attributes attributes = change.attributes();
        Attributes place = attributes.nest(Nfta.CHAIN_HOOK);
        BaseHook hook = chain.hook();
        if (place != null) {
            if (hook == null) {
                throw attributes.refuse(Errno.EEXIST, Nfta.CHAIN_NAME);
            }
            if (place.number(Nfta.HOOK_HOOKNUM, hook.number()) != hook.number()
                    || (int) place.number(Nfta.HOOK_PRIORITY, hook.priority()) != hook.priority()) {
                throw new Refused(Errno.EOPNOTSUPP);
            }
            if (attributes.has(Nfta.CHAIN_TYPE)) {
                hooksOf(attributes, table.family());
                if (!attributes.text(Nfta.CHAIN_TYPE).equals(hook.type())) {
                    throw attributes.refuse(Errno.EEXIST, Nfta.CHAIN_NAME);
                }
            }
        }
        if (byHandle && attributes.has(Nfta.CHAIN_NAME)) {
            String name = attributes.text(Nfta.CHAIN_NAME);
            if (table.chain(name) != null) {
                throw attributes.refuse(Errno.EEXIST, Nfta.CHAIN_NAME);
            }
            change.ruleset().rename(chain, name);
        }
        if (policy != chain.policy()) {
            change.ruleset().policy(chain, policy);
        }
    }

    private static int hooksOf(Attributes attributes, int family) throws Refused {
        Integer hooks = TYPES.getOrDefault(family, Map.of()).get(attributes.text(Nfta.CHAIN_TYPE));
        if (hooks == null) {
            throw attributes.refuse(Errno.ENOENT, Nfta.CHAIN_TYPE);
        }
        return hooks;
    }

    private static @Nullable BaseHook hook(Attributes attributes, int family) throws Refused {
        Attributes place = attributes.nest(Nfta.CHAIN_HOOK);
        if (place == null) {
            return null;
        }
        if (!place.has(Nfta.HOOK_HOOKNUM) || !place.has(Nfta.HOOK_PRIORITY)) {
            throw new Refused(Errno.ENOENT);
        }
        String type = attributes.has(Nfta.CHAIN_TYPE) ? attributes.text(Nfta.CHAIN_TYPE) : "filter";
        int hooks = attributes.has(Nfta.CHAIN_TYPE) ? hooksOf(attributes, family) : IP_HOOKS;
        int number = (int) place.number(Nfta.HOOK_HOOKNUM, 0);
        int priority = (int) place.number(Nfta.HOOK_PRIORITY, 0);
        if (number > Integer.SIZE - 1 || number < 0 || (hooks & (1 << number)) == 0) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
        BaseHook hook = new BaseHook(type, number, priority, devices(place));
        if (hook.nat() && priority <= CONNTRACK_PRIORITY) {
            throw new Refused(Errno.EOPNOTSUPP);
        }
        return hook;
    }

    private static List<String> devices(Attributes place) throws Refused {
        if (place.has(Nfta.HOOK_DEV)) {
            return List.of(place.text(Nfta.HOOK_DEV));
        }
        Attributes list = place.nest(Nfta.HOOK_DEVS);
        return list == null ? List.of() : list.texts();
    }

    private static @Nullable ChainState byHandle(TableState table, long handle) {
        for (ChainState chain : table.allChains()) {
            if (chain.handle() == handle) {
                return chain;
            }
        }
        return null;
    }

    static void remove(Change change, Notices notices, boolean permitMissing) throws Refused {
        Attributes attributes = change.attributes();
        TableState table = change.table(Nfta.CHAIN_TABLE);
        boolean byHandle = attributes.has(Nfta.CHAIN_HANDLE);
        int named = byHandle ? Nfta.CHAIN_HANDLE : Nfta.CHAIN_NAME;
        ChainState chain = byHandle
                ? byHandle(table, attributes.number(named, 0))
                : attributes.has(named) ? table.chain(attributes.text(named)) : null;
        if (chain == null) {
            if (permitMissing) {
                return;
            }
            throw attributes.refuse(Errno.ENOENT, named);
        }
        if (change.on(TableRequests.NOT_RECURSIVE) && !chain.rules().isEmpty()) {
            throw new Refused(Errno.EBUSY);
        }
        if (chain.references() > 0) {
            throw attributes.refuse(Errno.EBUSY, named);
        }
        RuleRequests.flush(change, notices, chain);
        remove(change, notices, chain);
    }

    /** Removes a chain without rules. */
    static void remove(Change change, Notices notices, ChainState chain) {
        change.ruleset().remove(chain);
        notices.add(
                change.request(),
                MessageTypes.DELCHAIN,
                chain.table().family(),
                writer -> Contents.removed(writer, chain));
    }
}
