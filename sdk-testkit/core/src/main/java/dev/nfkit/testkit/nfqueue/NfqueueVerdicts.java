// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.testkit.nfqueue;

import static dev.nfkit.nfqueue.NfqueueAttribute.CT;
import static dev.nfkit.nfqueue.NfqueueAttribute.EXP;
import static dev.nfkit.nfqueue.NfqueueAttribute.L2HDR;
import static dev.nfkit.nfqueue.NfqueueAttribute.MARK;
import static dev.nfkit.nfqueue.NfqueueAttribute.PAYLOAD;
import static dev.nfkit.nfqueue.NfqueueAttribute.PRIORITY;
import static dev.nfkit.nfqueue.NfqueueAttribute.VERDICT_HDR;
import static dev.nfkit.nfqueue.NfqueueAttribute.VLAN;

import dev.nfkit.AddressFamily;
import dev.nfkit.Bytes;
import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.testkit.kernel.KernelSocket;
import dev.nfkit.testkit.kernel.Refused;
import dev.nfkit.testkit.kernel.RequestPolicy;
import dev.nfkit.testkit.message.ParsedMessage;
import dev.nfkit.testkit.nfqueue.DepartedPacket.Reason;
import dev.nfkit.testkit.sample.NfqueueContents;
import dev.nfkit.wire.AttributeCursor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Verdicts, executed as in {@code nfqnl_recv_verdict} and {@code nfqnl_recv_verdict_batch} and in their order. Requires
 * the clock's lock.
 */
final class NfqueueVerdicts {
    /**
     * {@code nfqa_verdict_policy}: shorter attributes are refused before anything is executed, and the packet keeps
     * waiting.
     */
    private static final RequestPolicy POLICY =
            new RequestPolicy(Map.of(VERDICT_HDR.code(), 8, MARK.code(), 4, PRIORITY.code(), 4));

    private NfqueueVerdicts() {}

    /** Executes a verdict or a batch verdict. Returns the error, or null. */
    static @Nullable Errno decide(NfqueueModel model, KernelSocket socket, ParsedMessage request) throws Refused {
        POLICY.check(request);
        NfqueueInstance queue = model.bound(request.resId());
        if (model.foreign(request.resId(), socket)) {
            return Errno.EPERM;
        }
        if (queue == null) {
            return Errno.ENODEV;
        }
        Bytes header = request.attribute(VERDICT_HDR.code()).orElse(null);
        if (header == null || refused((int) header.u32(0))) {
            return Errno.EINVAL;
        }
        int verdict = (int) header.u32(0);
        int id = (int) header.u32(4);
        return request.type() == NfqueueConfig.NFQNL_MSG_VERDICT_BATCH
                ? all(model, queue, request, verdict, id)
                : one(model, queue, request, verdict, id);
    }

    private static boolean refused(int verdict) {
        int kind = verdict & 0xff;
        return kind > NfqueueConfig.NF_STOP || kind == NfqueueConfig.NF_STOLEN;
    }

    private static @Nullable Errno all(
            NfqueueModel model, NfqueueInstance queue, ParsedMessage request, int verdict, int upTo) {
        List<NfqueueInstance.Waiting> taken = queue.takeUpTo(upTo);
        for (NfqueueInstance.Waiting waiting : taken) {
            NfqueueContents packet = waiting.packet();
            set(packet, MARK, request);
            set(packet, PRIORITY, request);
            model.leave(
                    new DepartedPacket(queue.number(), waiting.id(), Reason.VERDICT_BATCH, verdict, packet), packet);
        }
        return taken.isEmpty() ? Errno.ENOENT : null;
    }

    private static @Nullable Errno one(
            NfqueueModel model, NfqueueInstance queue, ParsedMessage request, int verdict, int id) {
        NfqueueInstance.Waiting waiting = queue.take(id);
        if (waiting == null) {
            return Errno.ENOENT;
        }
        NfqueueContents packet = waiting.packet();
        boolean tracked = model.properties().conntrackGlue() && packet.value(CT).isPresent();
        Bytes conntrack = tracked ? request.attribute(CT.code()).orElse(null) : null;
        Bytes expectation =
                conntrack == null ? null : request.attribute(EXP.code()).orElse(null);
        Errno refused = packet.family() == AddressFamily.BRIDGE ? link(packet, request) : null;
        Bytes payload = request.attribute(PAYLOAD.code()).orElse(null);
        boolean changed = refused == null && payload != null && packet.mangle(payload.toArray());
        boolean failed = refused != null || (payload != null && !changed);
        if (refused == null) {
            set(packet, MARK, request);
            set(packet, PRIORITY, request);
        }
        DepartedPacket left = new DepartedPacket(
                queue.number(),
                id,
                failed ? Reason.CHANGE_FAILED : Reason.VERDICT,
                failed ? NfqueueConfig.NF_DROP : verdict,
                packet,
                changed,
                conntrack,
                expectation);
        model.leave(left, packet);
        return refused;
    }

    private static void set(NfqueueContents packet, NfqueueAttribute attribute, ParsedMessage request) {
        request.attribute(attribute.code()).ifPresent(value -> packet.nonZero(attribute.code(), value.u32(0)));
    }

    /** Changes the bytes before the network header, in the bridge family ({@code nfqa_parse_bridge}). */
    private static @Nullable Errno link(NfqueueContents packet, ParsedMessage request) {
        Bytes tag = request.attribute(VLAN.code()).orElse(null);
        if (tag != null) {
            Errno refused = vlan(packet, request, tag);
            if (refused != null) {
                return refused;
            }
        }
        Bytes header = request.attribute(L2HDR.code()).orElse(null);
        if (header != null) {
            int length = packet.value(L2HDR).map(Bytes::length).orElse(0);
            if (header.length() != length) {
                return Errno.EINVAL;
            }
            packet.attributes().put(L2HDR.code(), header.toArray());
        }
        return null;
    }

    private static @Nullable Errno vlan(NfqueueContents packet, ParsedMessage request, Bytes nest) {
        int protocol = -1;
        int tci = -1;
        AttributeCursor inside =
                new AttributeCursor().wrap(nest.toByteBuffer(), 0, nest.length(), request.order(), "NFQA_VLAN");
        try {
            while (inside.next()) {
                if (inside.type() == NfqueueAttribute.Vlan.PROTO.code()) {
                    protocol = inside.be16();
                } else if (inside.type() == NfqueueAttribute.Vlan.TCI.code()) {
                    tci = inside.be16();
                }
            }
        } catch (MalformedMessageException e) {
            return Errno.EINVAL;
        }
        if (protocol < 0 || tci < 0) {
            return Errno.EINVAL;
        }
        packet.vlan(protocol, tci);
        return null;
    }
}
