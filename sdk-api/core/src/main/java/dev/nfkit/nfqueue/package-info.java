// SPDX-License-Identifier: Apache-2.0
/**
 * NFQUEUE: packets wait in the kernel until the application has decided about them.
 *
 * <p>{@link dev.nfkit.nfqueue.NfqueueSession} owns queues and hands their packets to a {@link
 * dev.nfkit.nfqueue.Decider}, which returns a {@link dev.nfkit.nfqueue.Verdict}, or holds the packet and answers later.
 * Follows {@code net/netfilter/nfnetlink_queue.c}.
 */
@NullMarked
package dev.nfkit.nfqueue;

import org.jspecify.annotations.NullMarked;
