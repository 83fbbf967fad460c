// SPDX-License-Identifier: Apache-2.0
/**
 * Makes the documentation site: the guides in Markdown, the pages of Javadoc and those of Dokka in one layout, with one
 * navigation and one search.
 */
@NullMarked
package dev.nfkit.docs;

import org.jspecify.annotations.NullMarked;
