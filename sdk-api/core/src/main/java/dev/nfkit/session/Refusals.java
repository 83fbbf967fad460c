// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.session;

import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.Refusal;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetAdmin;
import java.util.OptionalLong;

/** Determines the cause of a refused request: EPERM alone has three. */
public final class Refusals {
    private Refusals() {}

    /**
     * Explains why a group or queue could not be bound.
     *
     * @param refusal the kernel's refusal
     * @param what {@code group} or {@code queue}
     * @param owner the port id of the socket that owns it, or empty if none does
     * @param conntrack whether connections were requested
     * @param kernel provides capabilities and owners
     * @return the refusal with cause and cure, as far as they are known
     */
    public static KernelRefusedException explain(
            KernelRefusedException refusal, String what, OptionalLong owner, boolean conntrack, KernelView kernel) {
        Errno errno = refusal.errno();
        if (errno.equals(Errno.EPERM)) {
            return explainPermission(refusal, what, owner, kernel);
        }
        if (errno.equals(Errno.EBUSY)) {
            return refusal.explained(Refusal.OWNED_BY_ANOTHER, "the " + what + " is bound already");
        }
        if (errno.equals(Errno.EOPNOTSUPP) && conntrack) {
            return refusal.explained(
                    Refusal.NOT_SUPPORTED,
                    "this kernel cannot attach connections to packets (CONFIG_NETFILTER_NETLINK_GLUE_CT, "
                            + "module nf_conntrack_netlink); leave conntrack off");
        }
        return refusal;
    }

    private static KernelRefusedException explainPermission(
            KernelRefusedException refusal, String what, OptionalLong owner, KernelView kernel) {
        NetAdmin netAdmin = kernel.netAdmin();
        if (netAdmin == NetAdmin.MISSING) {
            return refusal.explained(
                    Refusal.NO_CAPABILITY,
                    "this process lacks CAP_NET_ADMIN; run it as root, give it the capability, "
                            + "or try it under unshare -Ur unshare -n");
        }
        if (netAdmin == NetAdmin.IN_OTHER_USER_NAMESPACE) {
            return refusal.explained(
                    Refusal.CAPABILITY_IN_OTHER_USER_NAMESPACE,
                    "this process has CAP_NET_ADMIN, but not in the user namespace that owns the network namespace; "
                            + "unshare the network namespace too (unshare -Ur unshare -n)");
        }
        if (owner.isEmpty()) {
            return refusal;
        }
        String process =
                kernel.owner(owner.getAsLong()).map(found -> " (" + found + ")").orElse("");
        return refusal.explained(
                Refusal.OWNED_BY_ANOTHER,
                "port " + owner.getAsLong() + process + " owns this " + what + "; stop it or take another " + what);
    }
}
