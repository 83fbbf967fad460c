// SPDX-License-Identifier: Apache-2.0
/**
 * The communication with the kernel over one socket: requests and their answers, and the lifecycle of a session. Not
 * exported: users see sessions.
 */
@NullMarked
package dev.nfkit.session;

import org.jspecify.annotations.NullMarked;
