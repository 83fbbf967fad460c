// SPDX-License-Identifier: Apache-2.0
/** The command record: records the netlink traffic of another command. */
@NullMarked
package dev.nfkit.samples.cli.record;

import org.jspecify.annotations.NullMarked;
