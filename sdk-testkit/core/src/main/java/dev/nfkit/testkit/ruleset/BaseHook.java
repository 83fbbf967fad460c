// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

import java.util.List;

/**
 * Where a base chain is.
 *
 * @param type filter, nat or route
 * @param number the hook's number in the family
 */
public record BaseHook(String type, int number, int priority, List<String> devices) {
    public BaseHook {
        devices = List.copyOf(devices);
    }

    /** Whether the chain translates addresses. */
    public boolean nat() {
        return type.equals("nat");
    }
}
