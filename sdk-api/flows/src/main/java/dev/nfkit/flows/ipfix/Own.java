// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.ipfix.InformationElement.DataType;
import java.util.Optional;

/** The elements that nfkit defines under the enterprise number of {@link IpfixFormat#enterprise}. */
enum Own {
    FLOW_UUID(1, "flowUuid", DataType.OCTETS),
    RECORD_NUMBER(2, "flowRecordNumber", DataType.UNSIGNED),
    FLOW_END(3, "flowEnd", DataType.UNSIGNED),
    DOUBTS(4, "flowDoubts", DataType.UNSIGNED),
    RECEIPT_TIMES(5, "receiptTimes", DataType.UNSIGNED),
    START_NANOS(6, "flowStartSubMilliseconds", DataType.UNSIGNED),
    END_NANOS(7, "flowEndSubMilliseconds", DataType.UNSIGNED),
    INTERVAL_START(8, "intervalStart", DataType.SIGNED),
    ZONE(9, "connectionZone", DataType.UNSIGNED),
    MARK(10, "connectionMark", DataType.UNSIGNED),
    LABELS(11, "connectionLabels", DataType.OCTETS),
    STATE(12, "connectionState", DataType.SIGNED),
    DIRECTION_ZONES(13, "directionZones", DataType.OCTETS),
    ICMP_ID(14, "icmpIdentifier", DataType.UNSIGNED),
    REPLY_ICMP_TYPE_CODE(15, "replyIcmpTypeCode", DataType.UNSIGNED),
    REPLY_ICMP_ID(16, "replyIcmpIdentifier", DataType.UNSIGNED),
    HOST(17, "hostName", DataType.STRING),
    PROCESS_ID(18, "processId", DataType.UNSIGNED),
    PROCESS_START(19, "processStartAfterBoot", DataType.UNSIGNED),
    PROCESS_NAME(20, "processName", DataType.STRING),
    PROCESS_EXECUTABLE(21, "processExecutable", DataType.STRING),
    PROCESS_COMMAND_LINE(22, "processCommandLine", DataType.STRING),
    PROCESS_USER(23, "processUserId", DataType.SIGNED),
    PROCESS_CGROUP(24, "processControlGroup", DataType.STRING),
    PROCESS_UNKNOWN(25, "processUnknownReason", DataType.STRING),
    METER_START(26, "meterStart", DataType.UNSIGNED),
    LOSS_PLACE(32, "lossPlace", DataType.UNSIGNED),
    LOSS_SINCE(33, "lossSince", DataType.SIGNED),
    LOSS_UNTIL(34, "lossUntil", DataType.SIGNED),
    LOST_EVENTS(35, "lostEventCount", DataType.UNSIGNED),
    LOST_BEGINNINGS(36, "lostBeginningCount", DataType.UNSIGNED),
    LOST_ENDS(37, "lostEndCount", DataType.UNSIGNED),
    LOST_CONNECTIONS(38, "lostConnectionCount", DataType.UNSIGNED);

    private static final Own[] ALL = values();

    final int id;
    private final String label;
    private final DataType type;

    Own(int id, String label, DataType type) {
        this.id = id;
        this.label = label;
        this.type = type;
    }

    InformationElement element(long enterprise) {
        return new InformationElement(enterprise, id, label, type);
    }

    static Optional<Own> of(int id) {
        for (Own own : ALL) {
            if (own.id == id) {
                return Optional.of(own);
            }
        }
        return Optional.empty();
    }
}
