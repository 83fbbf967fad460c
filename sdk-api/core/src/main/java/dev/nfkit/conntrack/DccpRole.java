// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

import java.util.Optional;

/** The role of the original direction of a DCCP connection ({@code enum ct_dccp_roles}). */
public enum DccpRole {
    /** It sent the request. */
    CLIENT(0),
    /** It received the request. */
    SERVER(1);

    private final int number;

    DccpRole(int number) {
        this.number = number;
    }

    /**
     * The kernel's number.
     *
     * @return 0 or 1
     */
    public int number() {
        return number;
    }

    /**
     * The role of a number.
     *
     * @param number the kernel's number, 0 to 255
     * @return the role, or empty if it has no name
     */
    public static Optional<DccpRole> of(int number) {
        return number >= 0 && number < values().length ? Optional.of(values()[number]) : Optional.empty();
    }
}
