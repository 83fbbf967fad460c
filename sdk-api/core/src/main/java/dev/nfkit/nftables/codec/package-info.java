// SPDX-License-Identifier: Apache-2.0
/** nftables' objects as bytes: numbers, names of attributes, user data. Not exported. */
@NullMarked
package dev.nfkit.nftables.codec;

import org.jspecify.annotations.NullMarked;
