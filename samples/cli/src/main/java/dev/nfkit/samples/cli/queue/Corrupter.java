// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.queue;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.packet.IpSummary;
import dev.nfkit.packet.PacketEditException;
import dev.nfkit.packet.PacketEditor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Changes a bit or a byte after the transport header of a packet. One thread. */
final class Corrupter {
    private final RandomGenerator random;
    private final PacketEditor editor = new PacketEditor();
    private final IpSummary ip = new IpSummary();
    private final BytesView payload = new BytesView();
    private int index;

    Corrupter(RandomGenerator random) {
        this.random = random;
    }

    /**
     * Changes a packet.
     *
     * @param packet the packet
     * @param how what to change
     * @return the changed packet; null if there is nothing to change: the protocol is unknown, the packet is
     *     incomplete, or its checksums cannot be corrected
     */
    @Nullable
    Bytes corrupt(QueuedPacket packet, Action.Corrupt how) {
        if (packet.truncated() || !ip.wrap(packet.payload()) || !ip.payload(payload) || payload.length() == 0) {
            return null;
        }
        int from = ip.payloadOffset();
        index = from + random.nextInt(payload.length());
        byte[] bytes = packet.payload().toArray();
        int turned = how.wholeByte() ? 1 + random.nextInt(255) : 1 << random.nextInt(8);
        bytes[index] ^= (byte) turned;
        Bytes changed = Bytes.of(bytes);
        return how.checksums() ? corrected(packet, changed.slice(from, payload.length())) : changed;
    }

    private @Nullable Bytes corrected(QueuedPacket packet, Bytes replacement) {
        try {
            return editor.edit(packet.payload(), packet.checksumNotReady())
                    .payload(replacement)
                    .result();
        } catch (PacketEditException e) {
            return null;
        }
    }

    /** The index of the byte that was changed last. */
    int index() {
        return index;
    }
}
