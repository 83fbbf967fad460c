// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

/** The fields that templates may have, all together. */
final class FieldBudget {
    private int left;

    FieldBudget(int most) {
        left = most;
    }

    boolean take(int fields) {
        if (fields > left) {
            return false;
        }
        left -= fields;
        return true;
    }

    void give(int fields) {
        left += fields;
    }
}
