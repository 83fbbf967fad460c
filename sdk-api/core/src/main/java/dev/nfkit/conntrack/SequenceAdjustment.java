package dev.nfkit.conntrack;

/**
 * How a direction's TCP sequence numbers are adjusted, because a helper changed the length of what was sent
 * ({@code CTA_SEQ_ADJ_ORIG}, {@code CTA_SEQ_ADJ_REPLY}).
 *
 * @param correctionPosition the sequence number where the length last changed, 0 to 2³²−1
 * @param offsetBefore what is added before that place
 * @param offsetAfter what is added behind it
 */
public record SequenceAdjustment(long correctionPosition, int offsetBefore, int offsetAfter) {}
