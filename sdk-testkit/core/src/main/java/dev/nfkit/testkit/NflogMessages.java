// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit;

import dev.nfkit.testkit.message.Datagrams;
import dev.nfkit.testkit.sample.NflogContents;
import dev.nfkit.wire.MessageWriter;
import java.nio.ByteOrder;
import java.util.List;

/** Datagrams of NFLOG as the kernel sends them, built from {@link SampleNflog}s. */
public final class NflogMessages {
    private static final int MAX_DATAGRAM = 1 << 20;

    private NflogMessages() {}

    /**
     * Returns several packets in one datagram, which ends as the kernel's does: with NLMSG_DONE without NLM_F_MULTI,
     * whose body is a {@code struct nfgenmsg} with the group of the last packet.
     *
     * @param order the byte order of headers
     * @param packets the packets, in order, at least one
     * @return the datagram's bytes
     */
    public static byte[] batch(ByteOrder order, List<SampleNflog> packets) {
        MessageWriter writer = new MessageWriter(MAX_DATAGRAM, order);
        packets.forEach(packet -> packet.write(writer));
        return Datagrams.bytes(NflogContents.done(
                writer, packets.get(packets.size() - 1).contents().group()));
    }

    /**
     * Returns several packets in one datagram, in this machine's byte order.
     *
     * @param packets the packets, in order, at least one
     * @return the datagram's bytes
     */
    public static byte[] batch(SampleNflog... packets) {
        return batch(ByteOrder.nativeOrder(), List.of(packets));
    }
}
