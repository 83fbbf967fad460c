// SPDX-License-Identifier: Apache-2.0
/**
 * The events that sessions write to JDK Flight Recorder. Not exported: recordings show them. The module {@code jdk.jfr}
 * may be missing at run time; nothing is recorded then.
 */
@NullMarked
package dev.nfkit.jfr;

import org.jspecify.annotations.NullMarked;
