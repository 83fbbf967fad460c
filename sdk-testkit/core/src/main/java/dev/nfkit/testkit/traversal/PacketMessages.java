// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.traversal;

import dev.nfkit.AddressFamily;
import dev.nfkit.nflog.NflogAttribute;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nftables.bytecode.Log;
import dev.nfkit.testkit.machine.Device;
import dev.nfkit.testkit.machine.PacketState;
import dev.nfkit.testkit.sample.NflogContents;
import dev.nfkit.testkit.sample.NfqueueContents;
import dev.nfkit.testkit.sample.PacketContents;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The packets that sessions get from rules. */
final class PacketMessages {
    private static final int BYPASS = 0x8000;

    private PacketMessages() {}

    private static void common(PacketContents contents, PacketState packet) {
        contents.carry(packet.share());
        contents.family(AddressFamily.of(packet.family));
        contents.hook(packet.hook == Way.INGRESS ? 0 : packet.hook);
    }

    private static void device(PacketContents contents, int code, @Nullable Device device) {
        if (device != null) {
            contents.attributes().be32(code, device.index());
        }
    }

    static NflogContents logged(PacketState packet, Log log) {
        NflogContents contents = new NflogContents();
        common(contents, packet);
        device(contents, NflogAttribute.IFINDEX_INDEV.code(), packet.in);
        device(contents, NflogAttribute.IFINDEX_OUTDEV.code(), packet.out);
        if (packet.mark != 0) {
            contents.attributes().be32(NflogAttribute.MARK.code(), packet.mark);
        }
        if (packet.userId >= 0) {
            contents.attributes().be32(NflogAttribute.UID.code(), packet.userId);
        }
        if (packet.groupId >= 0) {
            contents.attributes().be32(NflogAttribute.GID.code(), packet.groupId);
        }
        if (log.prefix() != null) {
            byte[] text = log.prefix().getBytes(StandardCharsets.UTF_8);
            contents.attributes().put(NflogAttribute.PREFIX.code(), Arrays.copyOf(text, text.length + 1));
        }
        Long length = log.snaplen();
        if (length != null && length > 0) {
            contents.ruleSize(length.intValue());
        }
        Integer threshold = log.threshold();
        contents.ruleThreshold(threshold == null ? 0 : threshold);
        return contents;
    }

    static NfqueueContents queued(PacketState packet, int verdict, Object traversal) {
        NfqueueContents contents = new NfqueueContents();
        common(contents, packet);
        device(contents, NfqueueAttribute.IFINDEX_INDEV.code(), packet.in);
        device(contents, NfqueueAttribute.IFINDEX_OUTDEV.code(), packet.out);
        contents.nonZero(NfqueueAttribute.MARK.code(), packet.mark);
        contents.nonZero(NfqueueAttribute.PRIORITY.code(), packet.priority);
        if (packet.userId >= 0) {
            contents.attributes().be32(NfqueueAttribute.UID.code(), packet.userId);
        }
        if (packet.groupId >= 0) {
            contents.attributes().be32(NfqueueAttribute.GID.code(), packet.groupId);
        }
        if ((verdict & BYPASS) != 0) {
            contents.bypass();
        }
        contents.carries(traversal);
        return contents;
    }
}
