// SPDX-License-Identifier: Apache-2.0
/**
 * Flow records as IPFIX (RFC 7011): start with {@link dev.nfkit.flows.ipfix.IpfixExporter} to send them, and with {@link
 * dev.nfkit.flows.ipfix.IpfixCollector} to receive them.
 */
@NullMarked
package dev.nfkit.flows.ipfix;

import org.jspecify.annotations.NullMarked;
