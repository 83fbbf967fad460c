// SPDX-License-Identifier: Apache-2.0
/** Rules for the packages and classes of a module: layers of packages, and cycles of classes. */
@NullMarked
package dev.nfkit.layers;

import org.jspecify.annotations.NullMarked;
