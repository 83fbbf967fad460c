// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.kafka;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.nfkit.MalformedMessageException;
import dev.nfkit.conntrack.ConntrackTuple;
import dev.nfkit.flows.FlowDoubt;
import dev.nfkit.flows.FlowEnd;
import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.flows.FlowTime;
import dev.nfkit.flows.FlowTraffic;
import dev.nfkit.kafka.schema.Doubt;
import dev.nfkit.kafka.schema.FlowMessage;
import dev.nfkit.kafka.schema.LossMessage;
import dev.nfkit.kafka.schema.Reason;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Flow records and losses as messages of Protobuf ({@code nfkit/v1/flow.proto}, which is in the jar). Consumers of
 * goflow2's FlowMessage can read the bytes of a flow.
 *
 * <pre>{@code
 * byte[] value = FlowMessages.toMessage(record).toByteArray();
 * FlowRecord same = FlowMessages.readFlow(value);
 * }</pre>
 *
 * <p>Reading causes {@link MalformedMessageException} and nothing else. Safe for any number of threads.
 */
public final class FlowMessages {
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final int IPV4_LENGTH = 4;
    private static final int UUID_LENGTH = 16;
    private static final String FLOW = "FlowMessage";
    private static final String LOSS = "LossMessage";

    private static final Constants<FlowEnd, Reason> REASONS = new Constants<>("reason", FlowEnd.class, Reason::valueOf);
    private static final Constants<FlowDoubt, Doubt> DOUBTS = new Constants<>("doubt", FlowDoubt.class, Doubt::valueOf);
    private static final Constants<FlowLoss.Place, LossMessage.Place> PLACES =
            new Constants<>("place", FlowLoss.Place.class, LossMessage.Place::valueOf);

    private FlowMessages() {}

    /**
     * A record as a message.
     *
     * @param record the record
     * @return the message
     */
    public static FlowMessage toMessage(FlowRecord record) {
        ConntrackTuple original = record.original();
        FlowMessage.Builder message = FlowMessage.newBuilder()
                .setSequenceNum((int) record.sequence())
                .setSrcAddr(TupleMessages.address(original.source()))
                .setDstAddr(TupleMessages.address(original.destination()))
                .setBytes(record.originalTraffic().deltaBytes())
                .setPackets(record.originalTraffic().deltaPackets())
                .setTimeReceivedNs(record.end().epochNanos())
                .setTimeFlowStartNs(record.since().epochNanos())
                .setTimeFlowEndNs(record.end().epochNanos())
                .setFlowId(bytes(record.flow()))
                .setMeterStartNs(record.meterStart())
                .setSequence(record.sequence())
                .setHost(record.host())
                .setReply(TupleMessages.toMessage(record.reply()))
                .setZone(record.zone())
                .setMark((int) record.mark())
                .setReverseBytes(record.replyTraffic().deltaBytes())
                .setReversePackets(record.replyTraffic().deltaPackets())
                .setTotalBytes(record.originalTraffic().bytes())
                .setTotalPackets(record.originalTraffic().packets())
                .setReverseTotalBytes(record.replyTraffic().bytes())
                .setReverseTotalPackets(record.replyTraffic().packets())
                .setConnectionStartNs(record.start().epochNanos())
                .setConnectionStartByKernel(byKernel(record.start()))
                .setFlowStartByKernel(byKernel(record.since()))
                .setFlowEndByKernel(byKernel(record.end()))
                .setReason(REASONS.toMessage(record.reason()));
        message.setEtype(message.getSrcAddr().size() == IPV4_LENGTH ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
        if (original.hasProtocol()) {
            message.setHasProto(true).setProto(original.protocol());
        }
        if (original.hasPorts()) {
            message.setHasPorts(true).setSrcPort(original.sourcePort()).setDstPort(original.destinationPort());
        }
        if (original.hasIcmp()) {
            message.setIcmpType(original.icmpType())
                    .setIcmpCode(original.icmpCode())
                    .setIcmpId(original.icmpId());
        }
        original.zone().ifPresent(message::setOriginalZone);
        if (record.labels().signum() != 0) {
            message.setLabels(ByteString.copyFrom(record.labels().toByteArray()));
        }
        if (record.state() >= 0) {
            message.setState(record.state());
        }
        for (FlowDoubt doubt : record.doubts()) {
            message.addDoubts(DOUBTS.toMessage(doubt));
        }
        record.interfaceName().ifPresent(message::setInterfaceName);
        ProcessMessages.write(record.process(), message);
        return message.build();
    }

    /**
     * Reads a record.
     *
     * @param bytes the value of a Kafka record
     * @return the record
     * @throws MalformedMessageException if it is not one
     */
    public static FlowRecord readFlow(byte[] bytes) throws MalformedMessageException {
        FlowMessage message;
        try {
            message = FlowMessage.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw malformed(FLOW, "a message", e);
        }
        return toRecord(message);
    }

    /**
     * A message as a record.
     *
     * @param message the message
     * @return the record
     * @throws MalformedMessageException if a field is absent or out of range
     */
    public static FlowRecord toRecord(FlowMessage message) throws MalformedMessageException {
        try {
            return new FlowRecord(
                    message.getHost(),
                    uuid(message.getFlowId()),
                    message.getMeterStartNs(),
                    message.getSequence(),
                    TupleMessages.original(message),
                    TupleMessages.read(message.getReply()),
                    message.getZone(),
                    Integer.toUnsignedLong(message.getMark()),
                    labels(message.getLabels()),
                    message.hasState() ? message.getState() : -1,
                    traffic(
                            message.getTotalPackets(),
                            message.getTotalBytes(),
                            message.getPackets(),
                            message.getBytes()),
                    traffic(
                            message.getReverseTotalPackets(),
                            message.getReverseTotalBytes(),
                            message.getReversePackets(),
                            message.getReverseBytes()),
                    time(message.getConnectionStartNs(), message.getConnectionStartByKernel()),
                    time(message.getTimeFlowStartNs(), message.getFlowStartByKernel()),
                    time(message.getTimeFlowEndNs(), message.getFlowEndByKernel()),
                    REASONS.read(message.getReason()),
                    doubts(message),
                    message.getInterfaceName().isEmpty() ? Optional.empty() : Optional.of(message.getInterfaceName()),
                    ProcessMessages.read(message));
        } catch (IllegalArgumentException e) {
            throw malformed(FLOW, "fields in their ranges", e);
        }
    }

    /**
     * A loss as a message.
     *
     * @param loss the loss
     * @return the message
     */
    public static LossMessage toMessage(FlowLoss loss) {
        return LossMessage.newBuilder()
                .setHost(loss.host())
                .setPlace(PLACES.toMessage(loss.place()))
                .setSinceNs(loss.since().epochNanos())
                .setSinceByKernel(byKernel(loss.since()))
                .setUntilNs(loss.until().epochNanos())
                .setUntilByKernel(byKernel(loss.until()))
                .setEvents(loss.events())
                .setBegun(loss.begun())
                .setEnded(loss.ended())
                .setUnseen(loss.unseen())
                .build();
    }

    /**
     * A message as a loss.
     *
     * @param message the message
     * @return the loss
     * @throws MalformedMessageException if a field is absent or out of range
     */
    public static FlowLoss toLoss(LossMessage message) throws MalformedMessageException {
        try {
            return new FlowLoss(
                    message.getHost(),
                    PLACES.read(message.getPlace()),
                    time(message.getSinceNs(), message.getSinceByKernel()),
                    time(message.getUntilNs(), message.getUntilByKernel()),
                    message.getEvents(),
                    message.getBegun(),
                    message.getEnded(),
                    message.getUnseen());
        } catch (IllegalArgumentException e) {
            throw malformed(LOSS, "fields in their ranges", e);
        }
    }

    private static MalformedMessageException malformed(String what, String expected, Exception cause) {
        MalformedMessageException malformed =
                new MalformedMessageException(what, 0, expected, String.valueOf(cause.getMessage()));
        malformed.initCause(cause);
        return malformed;
    }

    private static boolean byKernel(FlowTime time) {
        return time.source() == FlowTime.Source.KERNEL;
    }

    private static FlowTime time(long epochNanos, boolean byKernel) {
        return byKernel ? FlowTime.byKernel(epochNanos) : FlowTime.atReceipt(epochNanos);
    }

    private static FlowTraffic traffic(long packets, long bytes, long deltaPackets, long deltaBytes) {
        return new FlowTraffic(packets, bytes, deltaPackets, deltaBytes);
    }

    private static ByteString bytes(UUID id) {
        return ByteString.copyFrom(ByteBuffer.allocate(UUID_LENGTH)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .flip());
    }

    private static UUID uuid(ByteString bytes) {
        if (bytes.size() != UUID_LENGTH) {
            throw new IllegalArgumentException("flow_id has 16 bytes, not " + bytes.size());
        }
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    private static BigInteger labels(ByteString bytes) {
        return bytes.isEmpty() ? BigInteger.ZERO : new BigInteger(bytes.toByteArray());
    }

    /** Doubts of a later version are left out. */
    private static Set<FlowDoubt> doubts(FlowMessage message) {
        EnumSet<FlowDoubt> doubts = EnumSet.noneOf(FlowDoubt.class);
        for (Doubt doubt : message.getDoubtsList()) {
            if (DOUBTS.knows(doubt)) {
                doubts.add(DOUBTS.read(doubt));
            }
        }
        return doubts;
    }
}
