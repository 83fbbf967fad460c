// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

/** What the contents of a table know of it. */
public interface TableIdentity {
    /** Its family and its name. */
    TableKey key();

    /** Its family. */
    int family();

    /** Its flags. */
    long flags();

    /** The family and the name, as nft prints them. */
    String describe();
}
