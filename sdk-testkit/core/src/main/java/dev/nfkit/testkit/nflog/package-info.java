// SPDX-License-Identifier: Apache-2.0
/** The model of NFLOG. */
@NullMarked
package dev.nfkit.testkit.nflog;

import org.jspecify.annotations.NullMarked;
