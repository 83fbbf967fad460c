// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nfqueue;

import dev.nfkit.NetlinkException;
import dev.nfkit.nftables.InstalledRule;
import dev.nfkit.nftables.PacketRule;
import dev.nfkit.nftables.statement.ExtensionStatement;
import dev.nfkit.nftables.statement.Queue;
import dev.nfkit.nftables.statement.Statement;
import dev.nfkit.socket.NetlinkTransport;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the rule of a session does with its packets: the statement {@code queue}, or on a kernel without {@code
 * CONFIG_NFT_QUEUE} the target NFQUEUE of x_tables ({@code xt_NFQUEUE.c}, revision 3).
 */
final class QueueActions {
    private static final String TARGET = "NFQUEUE";
    private static final int REVISION = 3;
    /** {@code struct xt_NFQ_info_v3} is three numbers of 16 bits, and padded to 8 bytes. */
    private static final int INFO_BYTES = 8;

    private QueueActions() {}

    /** Installs the rule of options, or returns null if there is none. */
    static @Nullable InstalledRule install(NetlinkTransport transport, NfqueueOptions options) throws NetlinkException {
        PacketRule rule = options.rule().orElse(null);
        return rule == null ? null : InstalledRule.install(transport, rule, of(options.queues()));
    }

    private static List<Statement> of(List<NfqueueQueue> queues) {
        int[] numbers = numbers(queues);
        int first = numbers[0];
        int last = numbers[numbers.length - 1];
        Statement queue = first == last ? Queue.to(first) : Queue.to(first, last);
        byte[] info = ByteBuffer.allocate(INFO_BYTES)
                .order(ByteOrder.nativeOrder())
                .putShort((short) first)
                .putShort((short) numbers.length)
                .array();
        return List.of(queue, new ExtensionStatement(true, TARGET, REVISION, info));
    }

    private static int[] numbers(List<NfqueueQueue> queues) {
        return queues.stream().mapToInt(NfqueueQueue::queue).sorted().toArray();
    }

    static void requireConsecutive(List<NfqueueQueue> queues) {
        int[] numbers = numbers(queues);
        if (numbers[numbers.length - 1] - numbers[0] != numbers.length - 1) {
            throw new IllegalArgumentException("rule: it distributes packets over consecutive queues, and " + numbers[0]
                    + " to " + numbers[numbers.length - 1] + " are not all of this session");
        }
    }
}
