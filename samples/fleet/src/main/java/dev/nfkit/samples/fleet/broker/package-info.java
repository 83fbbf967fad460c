// SPDX-License-Identifier: Apache-2.0
/** A broker of Kafka on this machine, for the demo and the tests. */
@NullMarked
package dev.nfkit.samples.fleet.broker;

import org.jspecify.annotations.NullMarked;
