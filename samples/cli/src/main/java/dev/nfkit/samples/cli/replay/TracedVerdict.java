// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.replay;

import dev.nfkit.Bytes;
import dev.nfkit.BytesView;
import dev.nfkit.Errno;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackAttribute;
import dev.nfkit.netfilter.VlanTag;
import dev.nfkit.nfqueue.NfqueueAttribute;
import dev.nfkit.nfqueue.NfqueueConfig;
import dev.nfkit.samples.cli.output.AttributeJson;
import dev.nfkit.samples.cli.output.JsonObject;
import dev.nfkit.samples.cli.output.JsonPrinter;
import dev.nfkit.samples.cli.output.ShownVerdict;
import dev.nfkit.wire.AttributeCursor;
import dev.nfkit.wire.MessageCursor;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A verdict in a recording, by its attributes, and the kernel's refusal, if any. */
final class TracedVerdict implements ShownVerdict {
    private static final int NUMBER_MASK = 0xff;

    private final int queue;
    private final boolean batch;
    private final long sequence;
    private final ByteOrder order;
    private final Map<NfqueueAttribute, Bytes> attributes = new EnumMap<>(NfqueueAttribute.class);
    private @Nullable Errno refusal;

    private TracedVerdict(MessageCursor message) {
        queue = message.resId();
        batch = message.type() == NfqueueConfig.NFQNL_MSG_VERDICT_BATCH;
        sequence = message.sequence();
        order = message.order();
    }

    /** Reads the message at a cursor: a verdict for one packet or for a batch. */
    static TracedVerdict read(MessageCursor message) throws MalformedMessageException {
        AttributeCursor cursor = new AttributeCursor().wrap(message, "verdict");
        TracedVerdict verdict = new TracedVerdict(message);
        while (cursor.next()) {
            NfqueueAttribute attribute = NfqueueAttribute.SCHEMA
                    .find(cursor.type())
                    .map(NfqueueAttribute.class::cast)
                    .orElse(null);
            if (attribute != null) {
                if (cursor.length() < attribute.minimumLength()) {
                    throw new MalformedMessageException(
                            "verdict/" + attribute.kernelName(),
                            cursor.offset() - message.offset(),
                            "at least " + attribute.minimumLength() + " bytes",
                            cursor.length() + " bytes");
                }
                verdict.attributes.put(attribute, cursor.bytes(new BytesView()));
            }
        }
        if (!verdict.attributes.containsKey(NfqueueAttribute.VERDICT_HDR)) {
            throw new MalformedMessageException(
                    "verdict", 0, NfqueueAttribute.VERDICT_HDR.kernelName(), "a verdict without this attribute");
        }
        return verdict;
    }

    private Bytes header() {
        return Objects.requireNonNull(attributes.get(NfqueueAttribute.VERDICT_HDR));
    }

    int queue() {
        return queue;
    }

    /** Whether it applies to all packets up to its id. */
    boolean batch() {
        return batch;
    }

    long sequence() {
        return sequence;
    }

    /** The id of the packet, or of the last packet of the batch. */
    long id() {
        return header().u32(4);
    }

    void refused(Errno errno) {
        refusal = errno;
    }

    boolean refused() {
        return refusal != null;
    }

    @Override
    public void members(JsonObject json) {
        for (Map.Entry<NfqueueAttribute, Bytes> entry : attributes.entrySet()) {
            NfqueueAttribute attribute = entry.getKey();
            switch (attribute) {
                case VERDICT_HDR -> header(json);
                case VLAN -> vlan(json, entry.getValue());
                case CT ->
                    new AttributeJson(json).object(attribute.key(), entry.getValue(), order, ConntrackAttribute.SCHEMA);
                default -> JsonPrinter.plain(json, attribute.key(), attribute.shape(), entry.getValue());
            }
        }
        if (batch) {
            json.number("batch", id());
        }
        if (refusal != null) {
            json.string("error", refusal.name());
        }
    }

    private void vlan(JsonObject json, Bytes nest) {
        AttributeCursor inner = new AttributeCursor().wrap(nest.toByteBuffer(), 0, nest.length(), order, "vlan");
        int[] parts = new int[NfqueueAttribute.Vlan.values().length + 1];
        try {
            while (inner.next()) {
                if (inner.type() < parts.length) {
                    parts[inner.type()] = inner.be16();
                }
            }
            JsonPrinter.vlan(
                    json,
                    NfqueueAttribute.VLAN.key(),
                    new VlanTag(parts[NfqueueAttribute.Vlan.PROTO.code()], parts[NfqueueAttribute.Vlan.TCI.code()]));
        } catch (MalformedMessageException e) {
            json.hex(NfqueueAttribute.VLAN.key(), nest);
        }
    }

    private void header(JsonObject json) {
        long number = header().u32(0);
        json.string("verdict", name(number));
        if ((number & NUMBER_MASK) == NfqueueConfig.NF_QUEUE) {
            json.number("queue", number >>> 16);
            json.bool("bypass", (number & NfqueueConfig.NF_VERDICT_FLAG_QUEUE_BYPASS) != 0);
        }
    }

    private static String name(long number) {
        return switch ((int) number & NUMBER_MASK) {
            case NfqueueConfig.NF_DROP -> "NF_DROP";
            case NfqueueConfig.NF_ACCEPT -> "NF_ACCEPT";
            case NfqueueConfig.NF_STOLEN -> "NF_STOLEN";
            case NfqueueConfig.NF_QUEUE -> "NF_QUEUE";
            case NfqueueConfig.NF_REPEAT -> "NF_REPEAT";
            case NfqueueConfig.NF_STOP -> "NF_STOP";
            default -> "0x" + Long.toHexString(number);
        };
    }

    @Override
    public void describe(StringBuilder line) {
        long number = header().u32(0);
        line.append(name(number));
        if ((number & NUMBER_MASK) == NfqueueConfig.NF_QUEUE) {
            line.append(' ').append(number >>> 16);
        }
        for (Map.Entry<NfqueueAttribute, Bytes> entry : attributes.entrySet()) {
            NfqueueAttribute attribute = entry.getKey();
            Bytes value = entry.getValue();
            switch (attribute) {
                case VERDICT_HDR -> {}
                case MARK, PRIORITY ->
                    line.append(", ").append(attribute.key()).append(" 0x").append(Long.toHexString(value.u32(0)));
                default ->
                    line.append(", ")
                            .append(attribute.key())
                            .append(" of ")
                            .append(value.length())
                            .append(" bytes");
            }
        }
        if (batch) {
            line.append(", for all up to #").append(id());
        }
        if (refusal != null) {
            line.append(", refused: ").append(refusal);
        }
    }
}
