// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.flows.FlowDoubt;
import dev.nfkit.flows.FlowEnd;
import dev.nfkit.flows.FlowLoss;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Enums as numbers. They are part of the format and never change. */
final class Codes {
    private static final FlowEnd[] ENDS = FlowEnd.values();
    private static final FlowDoubt[] DOUBTS = FlowDoubt.values();
    private static final FlowLoss.Place[] PLACES = FlowLoss.Place.values();

    private Codes() {}

    /** {@code flowEndReason} (136) of IANA's registry. */
    static byte standardEnd(FlowEnd end) {
        return switch (end) {
            case TIMED_OUT -> 1; // idle timeout
            case ACTIVE -> 2; // active timeout
            case CLOSED -> 3; // end of flow detected
            case DELETED, LOST_SIGHT -> 4; // forced end
            case EVICTED -> 5; // lack of resources
        };
    }

    static byte of(FlowEnd end) {
        return switch (end) {
            case CLOSED -> 1;
            case TIMED_OUT -> 2;
            case EVICTED -> 3;
            case DELETED -> 4;
            case ACTIVE -> 5;
            case LOST_SIGHT -> 6;
        };
    }

    static Optional<FlowEnd> end(int code) {
        for (FlowEnd end : ENDS) {
            if (of(end) == code) {
                return Optional.of(end);
            }
        }
        return Optional.empty();
    }

    private static int bit(FlowDoubt doubt) {
        return switch (doubt) {
            case BEGINNING_UNSEEN -> 1;
            case END_UNSEEN -> 1 << 1;
            case CHANGES_LOST -> 1 << 2;
            case NOT_COUNTED -> 1 << 3;
        };
    }

    static byte of(Set<FlowDoubt> doubts) {
        int bits = 0;
        if (!doubts.isEmpty()) {
            for (FlowDoubt doubt : DOUBTS) {
                bits |= doubts.contains(doubt) ? bit(doubt) : 0;
            }
        }
        return (byte) bits;
    }

    /** Bits that a later version may add are left out. */
    static Set<FlowDoubt> doubts(int bits) {
        if (bits == 0) {
            return Set.of();
        }
        Set<FlowDoubt> doubts = EnumSet.noneOf(FlowDoubt.class);
        for (FlowDoubt doubt : DOUBTS) {
            if ((bits & bit(doubt)) != 0) {
                doubts.add(doubt);
            }
        }
        return doubts;
    }

    static byte of(FlowLoss.Place place) {
        return switch (place) {
            case SOCKET -> 1;
            case METER_ABSENT -> 2;
            case SPOOL -> 3;
            case BROKER -> 4;
        };
    }

    static Optional<FlowLoss.Place> place(int code) {
        for (FlowLoss.Place place : PLACES) {
            if (of(place) == code) {
                return Optional.of(place);
            }
        }
        return Optional.empty();
    }
}
