// SPDX-License-Identifier: Apache-2.0
/**
 * The vocabulary of all packages: the errors, the kernel's error numbers, address families, hooks, and a view over
 * bytes.
 */
@NullMarked
package dev.nfkit;

import org.jspecify.annotations.NullMarked;
