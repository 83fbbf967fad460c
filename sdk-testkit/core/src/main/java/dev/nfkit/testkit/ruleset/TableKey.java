// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

/** What identifies a table. */
public record TableKey(int family, String name) {}
