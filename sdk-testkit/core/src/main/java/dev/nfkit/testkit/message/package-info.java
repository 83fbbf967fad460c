// SPDX-License-Identifier: Apache-2.0
/** Netlink messages as data: attributes by code, decoded requests, datagrams, packets as text and from captures. */
@NullMarked
package dev.nfkit.testkit.message;

import org.jspecify.annotations.NullMarked;
