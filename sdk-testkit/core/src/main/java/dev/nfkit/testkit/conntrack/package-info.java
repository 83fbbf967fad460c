// SPDX-License-Identifier: Apache-2.0
/**
 * The model of connection tracking. The kernel's numbers of messages, groups and status bits are repeated here from its
 * headers on purpose, so that a wrong number in the core shows. Attributes are those of the core's enums, which the
 * recordings check.
 */
@NullMarked
package dev.nfkit.testkit.conntrack;

import org.jspecify.annotations.NullMarked;
