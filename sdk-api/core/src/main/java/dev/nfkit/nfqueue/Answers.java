// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects answers to held packets, so that they are sent in one system call. Reusable; one thread at a time; several
 * instances may be used concurrently. Packets of several sessions may be mixed.
 *
 * <pre>{@code
 * for (QueuedPacket held : decided) {
 *     answers.add(held, Verdict.ACCEPT);
 * }
 * answers.send();
 * }</pre>
 */
public final class Answers {
    private final List<Hold> holds = new ArrayList<>();
    private final List<Verdict> verdicts = new ArrayList<>();

    /** Makes an empty collection. */
    public Answers() {}

    /**
     * Answers a held packet; {@link #send()} sends the verdict.
     *
     * @param packet the held packet
     * @param verdict its verdict, not HELD
     * @return false if it came too late, as with {@link QueuedPacket#answer}
     * @throws IllegalStateException if the packet was not held, or was already answered
     * @throws IllegalArgumentException if the verdict is HELD
     */
    public boolean add(QueuedPacket packet, Verdict verdict) {
        Hold hold = packet.duty();
        if (hold == null) {
            throw new IllegalStateException("only a held packet can be answered");
        }
        if (!hold.claim(verdict)) {
            return false;
        }
        holds.add(hold);
        verdicts.add(verdict.copy());
        return true;
    }

    /**
     * The number of answers that wait to be sent.
     *
     * @return a count
     */
    public int size() {
        return holds.size();
    }

    /**
     * Sends the added answers, in as few datagrams as the send buffer allows, and empties the collection. Answers whose
     * deadline has passed, or whose session has ended, are skipped and counted as late.
     *
     * @throws NetlinkException if sending fails; packets whose answers were not sent are still held, and may be added
     *     again
     */
    public void send() throws NetlinkException {
        int from = 0;
        try {
            while (from < holds.size()) {
                int to = from + 1;
                while (to < holds.size() && holds.get(to).sameSession(holds.get(from))) {
                    to++;
                }
                holds.get(from).sendAll(holds.subList(from, to), verdicts.subList(from, to));
                from = to;
            }
        } finally {
            holds.subList(from, holds.size())
                    .forEach(Hold::unclaim); // packets whose answers were sent are no longer held
            holds.clear();
            verdicts.clear();
        }
    }
}
