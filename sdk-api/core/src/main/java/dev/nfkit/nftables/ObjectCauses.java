// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.Errno;
import dev.nfkit.Refusal;
import dev.nfkit.nftables.Change.Action;
import dev.nfkit.nftables.Explanations.Cause;
import org.jspecify.annotations.Nullable;

/** What an errno means for a change of an object: the same number has several causes. */
final class ObjectCauses {
    private static final String UNCHANGEABLE =
            "type, hook and priority of a chain cannot be changed: delete it first, or take another name";

    private ObjectCauses() {}

    static @Nullable Cause of(Change change, Errno errno, String attribute) {
        if (errno.equals(Errno.ENOENT)) {
            return missing(change, attribute);
        }
        if (errno.equals(Errno.EEXIST)) {
            return existing(change, attribute);
        }
        if (errno.equals(Errno.EBUSY)) {
            return busy(change);
        }
        if (errno.equals(Errno.EINVAL) && change.action() == Action.DESTROY) {
            return new Cause(
                    Refusal.NOT_SUPPORTED,
                    "destroy needs Linux 6.3; on an older kernel add the object and delete it in the same batch");
        }
        if (errno.equals(Errno.EOPNOTSUPP) || errno.equals(Errno.EINVAL)) {
            return unsupported(change, errno, attribute);
        }
        return null;
    }

    private static @Nullable Cause missing(Change change, String attribute) {
        RulesetObject object = change.object();
        if (object instanceof Table) {
            return new Cause(Refusal.NOT_FOUND, "there is no table " + object.table());
        }
        if (attribute.endsWith("_TABLE")) {
            return new Cause(
                    Refusal.NOT_FOUND, "there is no table " + object.table() + "; add it first, in the same batch");
        }
        if (attribute.endsWith("NFTA_CHAIN_TYPE") && object instanceof Chain chain) {
            String type = chain.hook().map(hook -> hook.type().name()).orElse("");
            return new Cause(
                    Refusal.NOT_SUPPORTED,
                    "this kernel has no chain type " + type + " for family "
                            + Families.name(object.table().family()) + (type.equals("nat") ? " (CONFIG_NFT_NAT)" : ""));
        }
        if (attribute.contains("_DEV") && object instanceof Chain chain) {
            return new Cause(
                    Refusal.NOT_FOUND,
                    "there is no such device in this network namespace: "
                            + chain.hook().map(ChainHook::devices).orElseThrow());
        }
        if (object instanceof Rule rule && attribute.endsWith("_CHAIN")) {
            return new Cause(
                    Refusal.NOT_FOUND,
                    "there is no chain " + rule.table() + " " + rule.chain() + "; add it first, in the same batch");
        }
        if (object instanceof Rule rule) {
            return rule(change, rule);
        }
        return new Cause(Refusal.NOT_FOUND, "there is no " + object);
    }

    private static @Nullable Cause rule(Change change, Rule rule) {
        if (change.removes() || change.action() == Action.REPLACE) {
            return new Cause(
                    Refusal.NOT_FOUND,
                    "there is no " + rule + "; it was deleted, or the handle is that of another chain");
        }
        return rule.position().isPresent()
                ? new Cause(
                        Refusal.NOT_FOUND,
                        "there is no rule of handle " + rule.position().getAsLong() + " in chain " + rule.table() + " "
                                + rule.chain() + " to place it at")
                : null;
    }

    private static Cause existing(Change change, String attribute) {
        RulesetObject object = change.object();
        if (change.action() == Action.CREATE && attribute.endsWith("_NAME")) {
            return new Cause(Refusal.EXISTS, "there is a " + object + " already; add it instead, or take another name");
        }
        return new Cause(
                Refusal.OTHER_TYPE,
                "there is a " + object + " of another kind already"
                        + (object instanceof Chain ? ": " + UNCHANGEABLE : ""));
    }

    private static Cause busy(Change change) {
        RulesetObject object = change.object();
        if (change.removes()) {
            return new Cause(
                    Refusal.IN_USE,
                    object + " is still used"
                            + (object instanceof Chain
                                    ? " by a rule or a set element that sends packets to it; delete these first, in the same batch"
                                    : "; delete what refers to it first, in the same batch"));
        }
        return new Cause(Refusal.IN_USE, object + " is in use and cannot be changed in this way");
    }

    private static @Nullable Cause unsupported(Change change, Errno errno, String attribute) {
        if (change.object() instanceof Table table) {
            if (attribute.endsWith("_FLAGS") || attribute.isEmpty() || errno.equals(Errno.EINVAL)) {
                return table(table);
            }
        }
        if (change.object() instanceof Chain chain && chain.hook().isPresent()) {
            return chain(change, chain, chain.hook().get());
        }
        return null;
    }

    private static @Nullable Cause table(Table table) {
        if (table.flags().contains(TableFlag.PERSIST)) {
            return new Cause(
                    Refusal.NOT_SUPPORTED,
                    "flag persist needs Linux 6.9, and cannot be changed on a table that exists");
        }
        if (table.flags().contains(TableFlag.OWNER)) {
            return new Cause(
                    Refusal.NOT_SUPPORTED,
                    "flag owner needs Linux 5.12, and cannot be set on a table that exists without it");
        }
        return new Cause(Refusal.NOT_SUPPORTED, "the kernel does not support flags or family of " + table);
    }

    /** A chain that exists at another hook is refused with the same number as one at a hook that is not supported. */
    private static Cause chain(Change change, Chain chain, ChainHook hook) {
        String place = "type " + hook.type() + " at hook "
                + Families.hookName(chain.table().family(), hook.hook()) + " with priority " + hook.priority();
        return new Cause(
                Refusal.NOT_SUPPORTED,
                "the kernel does not support a chain of " + place + " in family "
                        + Families.name(chain.table().family())
                        + ": nat chains need a priority above -200, route chains the hook output, and chains at ingress or "
                        + "egress a device"
                        + (change.action() == Action.ADD ? "; if the chain exists, " + UNCHANGEABLE : ""));
    }
}
