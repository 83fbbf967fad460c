// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

/** What has become of a packet. */
public enum Outcome {
    ACCEPTED,
    DROPPED,
    WAITING
}
