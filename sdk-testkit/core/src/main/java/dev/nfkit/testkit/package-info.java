/**
 * Test doubles for users of nfkit: a fake transport that behaves as a kernel, replay of recorded traces, faults as data,
 * and builders of packets and messages. Nothing here needs Linux, privileges or a wait in real time.
 */
@NullMarked
package dev.nfkit.testkit;

import org.jspecify.annotations.NullMarked;
