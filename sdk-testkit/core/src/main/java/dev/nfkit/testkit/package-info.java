// SPDX-License-Identifier: Apache-2.0
/**
 * Test doubles for users of nfkit: a fake transport that behaves as a kernel, replay of recorded traces, faults as
 * data, and builders of packets and messages. They need neither Linux nor privileges, and do not wait in real time.
 */
@NullMarked
package dev.nfkit.testkit;

import org.jspecify.annotations.NullMarked;
