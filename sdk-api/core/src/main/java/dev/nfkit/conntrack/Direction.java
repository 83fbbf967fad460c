// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

/** The two directions of a connection ({@code enum ip_conntrack_dir}). */
public enum Direction {
    /** From the initiator. */
    ORIGINAL,
    /** To the initiator. */
    REPLY
}
