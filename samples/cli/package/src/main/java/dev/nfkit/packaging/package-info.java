// SPDX-License-Identifier: Apache-2.0
/** Builds the command line as a product: a Java of its own with a cache of its classes, manual pages and completions. */
@org.jspecify.annotations.NullMarked
package dev.nfkit.packaging;
