package dev.nfkit.samples.cli.filter;

import java.util.List;
import java.util.stream.Collectors;

/** A condition on a packet. Its text can be parsed to the same filter. */
public sealed interface Filter permits Filter.Any, Filter.Not, Filter.All, Filter.Either, Match {
    /** Whether the filter matches a packet. */
    boolean matches(Subject packet);

    /** Every packet. */
    record Any() implements Filter {
        @Override
        public boolean matches(Subject packet) {
            return true;
        }

        @Override
        public String toString() {
            return "any";
        }
    }

    /** Matches the packets that another filter does not match. */
    record Not(Filter filter) implements Filter {
        @Override
        public boolean matches(Subject packet) {
            return !filter.matches(packet);
        }

        @Override
        public String toString() {
            return "not " + (filter instanceof All || filter instanceof Either ? "(" + filter + ")" : filter);
        }
    }

    /** Matches the packets that all of two or more filters match. */
    record All(List<Filter> filters) implements Filter {
        public All {
            filters = List.copyOf(filters);
        }

        @Override
        public boolean matches(Subject packet) {
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
    record Either(List<Filter> filters) implements Filter {
        public Either {
            filters = List.copyOf(filters);
        }

        @Override
        public boolean matches(Subject packet) {
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
