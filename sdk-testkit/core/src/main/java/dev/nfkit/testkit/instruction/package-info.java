// SPDX-License-Identifier: Apache-2.0
/** What each instruction of nf_tables does, as the kernel's files of the instructions do it. */
@NullMarked
package dev.nfkit.testkit.instruction;

import org.jspecify.annotations.NullMarked;
