// SPDX-License-Identifier: Apache-2.0
/**
 * Network namespaces for tests on the running kernel. {@link dev.nfkit.testkit.live.TestNamespace} is one, {@link
 * dev.nfkit.testkit.live.TestNetwork} are two that are connected.
 */
@NullMarked
package dev.nfkit.testkit.live;

import org.jspecify.annotations.NullMarked;
