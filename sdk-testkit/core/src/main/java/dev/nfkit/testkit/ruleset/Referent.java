// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

/** What rules and elements refer to, and that cannot be removed meanwhile. Requires the clock's lock. */
public abstract class Referent {
    private int references;

    /** The number of rules and elements that refer to it. */
    public int references() {
        return references;
    }

    void refer(int change) {
        references += change;
    }
}
