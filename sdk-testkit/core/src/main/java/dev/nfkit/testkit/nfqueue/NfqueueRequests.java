// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nfqueue;

import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.kernel.RequestPolicy;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.nfqueue.DepartedPacket.Reason;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Configuration of queues, executed as in {@code nfqnl_recv_config} and in its order. Requires the clock's lock. */
final class NfqueueRequests {
    private static final int ALL_FLAGS = NfqueueConfig.NFQA_CFG_F_FAIL_OPEN
            | NfqueueConfig.NFQA_CFG_F_CONNTRACK
            | NfqueueConfig.NFQA_CFG_F_GSO
            | NfqueueConfig.NFQA_CFG_F_UID_GID
            | NfqueueConfig.NFQA_CFG_F_SECCTX;
    /** {@code nfqa_cfg_policy}: shorter attributes are refused before anything is executed. */
    private static final RequestPolicy POLICY = new RequestPolicy(Map.of(
            NfqueueConfig.NFQA_CFG_CMD, 4,
            NfqueueConfig.NFQA_CFG_PARAMS, 5,
            NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN, 4,
            NfqueueConfig.NFQA_CFG_MASK, 4,
            NfqueueConfig.NFQA_CFG_FLAGS, 4));

    private NfqueueRequests() {}

    /** Executes a configuration message. Returns the error, or null. */
    static @Nullable Errno configure(NfqueueModel model, KernelSocket socket, ParsedMessage request) throws Refused {
        POLICY.check(request);
        if (model.properties().strictFlags()) {
            RequestPolicy.requireKnownBits(request, NfqueueConfig.NFQA_CFG_FLAGS, ALL_FLAGS);
        }
        int command = request.attribute(NfqueueConfig.NFQA_CFG_CMD)
                .map(value -> value.u8(0))
                .orElse(-1);
        if (command == NfqueueConfig.NFQNL_CFG_CMD_PF_BIND || command == NfqueueConfig.NFQNL_CFG_CMD_PF_UNBIND) {
            return null;
        }
        Errno unsupported = unsupported(model, request);
        if (unsupported != null) {
            return unsupported;
        }
        int number = request.resId();
        if (model.foreign(number, socket)) {
            return Errno.EPERM;
        }
        NfqueueInstance queue = model.bound(number);
        switch (command) {
            case NfqueueConfig.NFQNL_CFG_CMD_BIND -> {
                if (queue != null) {
                    return Errno.EBUSY;
                }
                queue = model.bind(number, socket);
            }
            case NfqueueConfig.NFQNL_CFG_CMD_UNBIND -> {
                if (queue == null) {
                    return Errno.ENODEV;
                }
                model.unbind(queue, Reason.UNBOUND);
                return null;
            }
            case -1 -> {
                if (queue == null) {
                    return Errno.ENODEV;
                }
            }
            default -> {
                return Errno.EOPNOTSUPP;
            }
        }
        set(queue, request);
        return null;
    }

    private static @Nullable Errno unsupported(NfqueueModel model, ParsedMessage request) {
        Bytes flags = request.attribute(NfqueueConfig.NFQA_CFG_FLAGS).orElse(null);
        if (flags == null) {
            return null;
        }
        Bytes mask = request.attribute(NfqueueConfig.NFQA_CFG_MASK).orElse(null);
        if (mask == null) {
            return Errno.EINVAL;
        }
        boolean conntrack = (flags.u32(0) & mask.u32(0) & NfqueueConfig.NFQA_CFG_F_CONNTRACK) != 0;
        boolean unknown = flags.u32(0) > ALL_FLAGS;
        return unknown || (conntrack && !model.properties().conntrackGlue()) ? Errno.EOPNOTSUPP : null;
    }

    private static void set(NfqueueInstance queue, ParsedMessage request) {
        request.attribute(NfqueueConfig.NFQA_CFG_PARAMS).ifPresent(value -> queue.mode(value.u8(4), value.u32(0)));
        request.attribute(NfqueueConfig.NFQA_CFG_QUEUE_MAXLEN).ifPresent(value -> queue.maxLength(value.u32(0)));
        request.attribute(NfqueueConfig.NFQA_CFG_FLAGS)
                .ifPresent(flags -> request.attribute(NfqueueConfig.NFQA_CFG_MASK)
                        .ifPresent(mask -> queue.flags((int) flags.u32(0), (int) mask.u32(0))));
    }
}
