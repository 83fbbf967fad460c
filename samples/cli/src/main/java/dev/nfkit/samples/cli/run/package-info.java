// SPDX-License-Identifier: Apache-2.0
/** What all commands have in common while they run: polling, failures, signals, and the recording of their traffic. */
@NullMarked
package dev.nfkit.samples.cli.run;

import org.jspecify.annotations.NullMarked;
