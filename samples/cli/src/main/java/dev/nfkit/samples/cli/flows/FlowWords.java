// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.samples.cli.flows;

import dev.nfkit.flows.FlowDoubt;
import dev.nfkit.flows.FlowEnd;
import dev.nfkit.flows.FlowLoss;
import dev.nfkit.flows.FlowRecord;
import dev.nfkit.samples.cli.conntrack.names.ProtocolNames;
import java.util.Locale;

/** The words for a flow, in lines and in JSON. */
final class FlowWords {
    private FlowWords() {}

    static String end(FlowEnd end) {
        return word(end);
    }

    static String doubt(FlowDoubt doubt) {
        return word(doubt);
    }

    static String place(FlowLoss.Place place) {
        return word(place);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** The state of the protocol; empty if it has none. */
    static String state(FlowRecord flow) {
        return flow.state() < 0 || !flow.original().hasProtocol()
                ? ""
                : ProtocolNames.state(flow.original().protocol(), flow.state());
    }
}
