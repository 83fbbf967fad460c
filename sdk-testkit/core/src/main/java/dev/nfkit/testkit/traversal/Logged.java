// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

/**
 * A packet that a rule logged.
 *
 * @param group the NFLOG group, or −1 for the kernel's log
 * @param delivered whether a socket had bound the group
 */
public record Logged(int group, String prefix, boolean delivered) {}
