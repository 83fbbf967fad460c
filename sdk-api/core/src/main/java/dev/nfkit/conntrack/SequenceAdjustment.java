// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.conntrack;

/**
 * The adjustment of a direction's TCP sequence numbers, because a helper changed the length of the data ({@code
 * CTA_SEQ_ADJ_ORIG}, {@code CTA_SEQ_ADJ_REPLY}).
 *
 * @param correctionPosition the sequence number at which the length last changed, 0 to 2³²−1
 * @param offsetBefore the number added before that place
 * @param offsetAfter the number added after it
 */
public record SequenceAdjustment(long correctionPosition, int offsetBefore, int offsetAfter) {}
