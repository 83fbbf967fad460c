// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.ipfix.InformationElement.DataType;
import java.util.HashMap;
import java.util.Map;

/** The elements of IANA's registry "IPFIX Information Elements" that exporters of flows use. */
final class Registry {
    static final Map<Integer, InformationElement> STANDARD = new HashMap<>();

    private Registry() {}

    private static void add(DataType type, Object... idsAndNames) {
        for (int i = 0; i < idsAndNames.length; i += 2) {
            int id = (Integer) idsAndNames[i];
            STANDARD.put(id, new InformationElement(0, id, (String) idsAndNames[i + 1], type));
        }
    }

    static {
        add(
                DataType.UNSIGNED,
                1,
                "octetDeltaCount",
                2,
                "packetDeltaCount",
                3,
                "deltaFlowCount",
                4,
                "protocolIdentifier");
        add(DataType.UNSIGNED, 5, "ipClassOfService", 6, "tcpControlBits", 7, "sourceTransportPort");
        add(DataType.IPV4, 8, "sourceIPv4Address", 12, "destinationIPv4Address", 15, "ipNextHopIPv4Address");
        add(DataType.UNSIGNED, 9, "sourceIPv4PrefixLength", 13, "destinationIPv4PrefixLength");
        add(DataType.UNSIGNED, 10, "ingressInterface", 11, "destinationTransportPort", 14, "egressInterface");
        add(DataType.UNSIGNED, 16, "bgpSourceAsNumber", 17, "bgpDestinationAsNumber");
        add(DataType.UNSIGNED, 21, "flowEndSysUpTime", 22, "flowStartSysUpTime", 23, "postOctetDeltaCount");
        add(DataType.UNSIGNED, 24, "postPacketDeltaCount", 25, "minimumIpTotalLength", 26, "maximumIpTotalLength");
        add(DataType.IPV6, 27, "sourceIPv6Address", 28, "destinationIPv6Address", 62, "ipNextHopIPv6Address");
        add(DataType.UNSIGNED, 29, "sourceIPv6PrefixLength", 30, "destinationIPv6PrefixLength", 31, "flowLabelIPv6");
        add(DataType.UNSIGNED, 32, "icmpTypeCodeIPv4", 34, "samplingInterval", 36, "flowActiveTimeout");
        add(DataType.UNSIGNED, 37, "flowIdleTimeout", 40, "exportedOctetTotalCount", 41, "exportedMessageTotalCount");
        add(DataType.UNSIGNED, 42, "exportedFlowRecordTotalCount", 52, "minimumTTL", 53, "maximumTTL");
        add(DataType.MAC, 56, "sourceMacAddress", 57, "postDestinationMacAddress", 80, "destinationMacAddress");
        add(DataType.UNSIGNED, 58, "vlanId", 59, "postVlanId", 60, "ipVersion", 61, "flowDirection");
        add(DataType.MAC, 81, "postSourceMacAddress");
        add(DataType.STRING, 82, "interfaceName", 83, "interfaceDescription", 94, "applicationDescription");
        add(DataType.UNSIGNED, 85, "octetTotalCount", 86, "packetTotalCount", 89, "forwardingStatus");
        add(DataType.OCTETS, 95, "applicationId", 104, "layer2packetSectionData", 210, "paddingOctets");
        add(DataType.STRING, 96, "applicationName", 236, "VRFname", 300, "observationDomainName", 371, "userName");
        add(DataType.IPV4, 130, "exporterIPv4Address", 211, "collectorIPv4Address");
        add(DataType.IPV6, 131, "exporterIPv6Address", 212, "collectorIPv6Address");
        add(DataType.UNSIGNED, 136, "flowEndReason", 137, "commonPropertiesId", 138, "observationPointId");
        add(DataType.UNSIGNED, 139, "icmpTypeCodeIPv6", 141, "lineCardId", 143, "meteringProcessId");
        add(DataType.UNSIGNED, 144, "exportingProcessId", 145, "templateId", 148, "flowId", 149, "observationDomainId");
        add(DataType.SECONDS, 150, "flowStartSeconds", 151, "flowEndSeconds", 322, "observationTimeSeconds");
        add(DataType.MILLISECONDS, 152, "flowStartMilliseconds", 153, "flowEndMilliseconds");
        add(DataType.NTP, 154, "flowStartMicroseconds", 155, "flowEndMicroseconds");
        add(DataType.NTP, 156, "flowStartNanoseconds", 157, "flowEndNanoseconds");
        add(DataType.UNSIGNED, 158, "flowStartDeltaMicroseconds", 159, "flowEndDeltaMicroseconds");
        add(DataType.MILLISECONDS, 160, "systemInitTimeMilliseconds", 323, "observationTimeMilliseconds");
        add(DataType.UNSIGNED, 161, "flowDurationMilliseconds", 163, "observedFlowTotalCount");
        add(DataType.UNSIGNED, 164, "ignoredPacketTotalCount", 165, "ignoredOctetTotalCount");
        add(
                DataType.UNSIGNED,
                166,
                "notSentFlowTotalCount",
                167,
                "notSentPacketTotalCount",
                168,
                "notSentOctetTotalCount");
        add(DataType.UNSIGNED, 176, "icmpTypeIPv4", 177, "icmpCodeIPv4", 178, "icmpTypeIPv6", 179, "icmpCodeIPv6");
        add(DataType.UNSIGNED, 180, "udpSourcePort", 181, "udpDestinationPort", 182, "tcpSourcePort");
        add(DataType.UNSIGNED, 183, "tcpDestinationPort", 192, "ipTTL", 195, "ipDiffServCodePoint");
        add(DataType.IPV4, 225, "postNATSourceIPv4Address", 226, "postNATDestinationIPv4Address");
        add(DataType.UNSIGNED, 227, "postNAPTSourceTransportPort", 228, "postNAPTDestinationTransportPort");
        add(DataType.UNSIGNED, 229, "natOriginatingAddressRealm", 230, "natEvent", 231, "initiatorOctets");
        add(DataType.UNSIGNED, 232, "responderOctets", 233, "firewallEvent", 234, "ingressVRFID", 235, "egressVRFID");
        add(DataType.UNSIGNED, 239, "biflowDirection", 243, "dot1qVlanId", 244, "dot1qPriority", 256, "ethernetType");
        add(DataType.IPV6, 281, "postNATSourceIPv6Address", 282, "postNATDestinationIPv6Address");
        add(DataType.UNSIGNED, 298, "initiatorPackets", 299, "responderPackets", 302, "selectorId");
        add(DataType.UNSIGNED, 361, "portRangeStart", 362, "portRangeEnd");
    }
}
