// SPDX-License-Identifier: Apache-2.0
/** A firewall for names, and a domain blocker. */
@NullMarked
package dev.nfkit.samples.dns;

import org.jspecify.annotations.NullMarked;
