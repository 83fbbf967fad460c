// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

import dev.nfkit.testkit.machine.CodeChain;
import org.jspecify.annotations.Nullable;

/**
 * A rule that a packet met, or with handle 0 the policy of a base chain.
 *
 * @param matched whether the rule was executed to its end
 * @param verdict the verdict of a policy, else null
 */
public record Visit(
        CodeChain chain,
        long handle,
        boolean matched,
        @Nullable String verdict) {}
