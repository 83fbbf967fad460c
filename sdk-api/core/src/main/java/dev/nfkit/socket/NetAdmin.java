// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.socket;

/** Whether this process may configure netfilter in a network namespace ({@code CAP_NET_ADMIN}). */
public enum NetAdmin {
    /** It has the capability. */
    HELD,
    /** It lacks the capability. */
    MISSING,
    /** It has the capability, but in a user namespace that does not own the network namespace. */
    IN_OTHER_USER_NAMESPACE,
    /** It could not be determined. */
    UNKNOWN;

    /**
     * Whether the kernel will refuse to configure netfilter.
     *
     * @return true if the capability is missing, or is held in another user namespace; false if it is held, or is not known
     */
    public boolean denied() {
        return this == MISSING || this == IN_OTHER_USER_NAMESPACE;
    }
}
