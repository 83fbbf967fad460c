package dev.nfkit.samples.cli;

import dev.nfkit.Bytes;
import dev.nfkit.nfqueue.QueuedPacket;
import dev.nfkit.packet.PacketEditException;
import dev.nfkit.packet.PacketEditor;
import dev.nfkit.samples.cli.filter.Subject;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Changes a bit or a byte of what a packet carries behind its transport's header. One thread. */
final class Corrupter {
    private final RandomGenerator random;
    private final PacketEditor editor = new PacketEditor();
    private int index;

    Corrupter(RandomGenerator random) {
        this.random = random;
    }

    /**
     * Changes a packet.
     *
     * @param packet the packet
     * @param subject aimed at it
     * @param how what to change
     * @return the changed packet; null where there is nothing to change: it carries nothing, or is not there as a whole,
     *     or its checksums can't be put right
     */
    @Nullable
    Bytes corrupt(QueuedPacket packet, Subject subject, Action.Corrupt how) {
        int from = subject.payloadOffset();
        int to = subject.end();
        if (packet.truncated() || from < 0 || from >= to) {
            return null;
        }
        index = from + random.nextInt(to - from);
        byte[] bytes = packet.payload().toArray();
        int turned = how.wholeByte() ? 1 + random.nextInt(255) : 1 << random.nextInt(8);
        bytes[index] ^= (byte) turned;
        Bytes changed = Bytes.of(bytes);
        return how.checksums() ? corrected(packet, changed.slice(from, to - from)) : changed;
    }

    private @Nullable Bytes corrected(QueuedPacket packet, Bytes payload) {
        try {
            return editor.edit(packet.payload(), packet.checksumNotReady())
                    .payload(payload)
                    .result();
        } catch (PacketEditException e) {
            return null;
        }
    }

    /** Which byte of the packet was changed last. */
    int index() {
        return index;
    }
}
