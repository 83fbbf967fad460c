// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.filter;

import java.util.List;
import java.util.stream.Collectors;

/** A filter made of others, or of none. */
sealed interface Combination extends PacketFilter {
    /** Every packet. */
    record Any() implements Combination {
        @Override
        public boolean matches(FilterView packet) {
            packet.shown();
            return true;
        }

        @Override
        public String toString() {
            return "any";
        }
    }

    /** Matches the packets that another filter does not match. */
    record Not(PacketFilter filter) implements Combination {
        @Override
        public boolean matches(FilterView packet) {
            return !filter.matches(packet);
        }

        @Override
        public String toString() {
            return "not " + (filter instanceof All || filter instanceof Either ? "(" + filter + ")" : filter);
        }
    }

    /** Matches the packets that all of two or more filters match. */
    record All(List<PacketFilter> filters) implements Combination {
        public All {
            filters = List.copyOf(filters);
        }

        @Override
        public boolean matches(FilterView packet) {
            for (int i = 0; i < filters.size(); i++) {
                if (!filters.get(i).matches(packet)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public String toString() {
            return filters.stream()
                    .map(filter -> filter instanceof Either || filter instanceof All ? "(" + filter + ")" : "" + filter)
                    .collect(Collectors.joining(" and "));
        }
    }

    /** Matches the packets that one of two or more filters matches. */
    record Either(List<PacketFilter> filters) implements Combination {
        public Either {
            filters = List.copyOf(filters);
        }

        @Override
        public boolean matches(FilterView packet) {
            for (int i = 0; i < filters.size(); i++) {
                if (filters.get(i).matches(packet)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public String toString() {
            return filters.stream()
                    .map(filter -> filter instanceof Either ? "(" + filter + ")" : "" + filter)
                    .collect(Collectors.joining(" or "));
        }
    }
}
