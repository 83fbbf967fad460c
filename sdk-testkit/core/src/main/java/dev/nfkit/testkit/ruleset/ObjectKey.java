// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.ruleset;

/** What identifies an object in its table: objects of different types may have the same name. */
public record ObjectKey(int type, String name) {}
