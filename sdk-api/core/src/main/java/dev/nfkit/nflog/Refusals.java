package dev.nfkit.nflog;

import dev.nfkit.Errno;
import dev.nfkit.KernelRefusedException;
import dev.nfkit.Refusal;
import dev.nfkit.socket.GroupState;
import dev.nfkit.socket.KernelView;
import dev.nfkit.socket.NetAdmin;
import java.util.Optional;

/** Tells the causes of a refused request apart: EPERM alone has three. */
final class Refusals {
    private Refusals() {}

    static KernelRefusedException explain(KernelRefusedException refusal, NflogGroup group, KernelView kernel) {
        Errno errno = refusal.errno();
        if (errno.equals(Errno.EPERM)) {
            return explainPermission(refusal, group.group(), kernel);
        }
        if (errno.equals(Errno.EBUSY)) {
            return refusal.explained(Refusal.OWNED_BY_ANOTHER, "the group is bound already");
        }
        if (errno.equals(Errno.EOPNOTSUPP) && group.conntrack()) {
            return refusal.explained(
                    Refusal.NOT_SUPPORTED,
                    "this kernel can't attach connections to logged packets (CONFIG_NETFILTER_NETLINK_GLUE_CT, "
                            + "module nf_conntrack_netlink); leave conntrack off");
        }
        return refusal;
    }

    private static KernelRefusedException explainPermission(
            KernelRefusedException refusal, int group, KernelView kernel) {
        NetAdmin netAdmin = kernel.netAdmin();
        if (netAdmin == NetAdmin.MISSING) {
            return refusal.explained(
                    Refusal.NO_CAPABILITY,
                    "this process lacks CAP_NET_ADMIN; run it as root, give it the capability, "
                            + "or try it under unshare -Urn");
        }
        if (netAdmin == NetAdmin.IN_OTHER_USER_NAMESPACE) {
            return refusal.explained(
                    Refusal.CAPABILITY_IN_OTHER_USER_NAMESPACE,
                    "this process has CAP_NET_ADMIN, but not in the user namespace that owns the network namespace; "
                            + "unshare the network namespace too (unshare -Urn)");
        }
        Optional<GroupState> owned = kernel.nflogGroups().stream()
                .filter(state -> state.group() == group)
                .findFirst();
        if (owned.isEmpty()) {
            return refusal;
        }
        long portId = owned.get().portId();
        String process = kernel.owner(portId)
                .map(owner -> " (" + owner.name() + ", pid " + owner.pid() + ")")
                .orElse("");
        return refusal.explained(
                Refusal.OWNED_BY_ANOTHER,
                "port " + portId + process + " owns this group; stop it or take another group");
    }
}
