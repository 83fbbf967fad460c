// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.machine;

/** A stateful object of a table, as instructions use it. */
public interface StatefulObject {
    /** Its name. */
    String name();

    /** Its type ({@code NFT_OBJECT_*}). */
    int type();

    /** What it executes. */
    Operation operation();
}
