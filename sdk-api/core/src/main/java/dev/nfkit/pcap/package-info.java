// SPDX-License-Identifier: Apache-2.0
/**
 * Capture files: pcapng (<a
 * href="https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-04.html">draft-ietf-opsawg-pcapng</a>) and classic
 * pcap ({@code pcap-savefile(5)}), reading and writing. This package does not interpret packets.
 */
@NullMarked
package dev.nfkit.pcap;

import org.jspecify.annotations.NullMarked;
