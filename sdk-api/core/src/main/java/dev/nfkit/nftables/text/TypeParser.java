// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the names of data types, such as {@code ipv4_addr . inet_service}. */
public final class TypeParser {
    private TypeParser() {}

    /**
     * Reads one type, or the types of a concatenation.
     *
     * @param in the tokens
     * @return the types, at least one
     */
    public static List<DataType> types(TokenStream in) {
        List<DataType> types = new ArrayList<>();
        do {
            Optional<DataType> type = in.peek().kind() == Token.Kind.WORD
                    ? DataType.of(in.peek().text()).filter(TypeParser::hasSize)
                    : Optional.empty();
            types.add(type.orElseThrow(() -> in.expected("a data type, such as ipv4_addr or inet_service")));
            in.next();
        } while (in.accept("."));
        return types;
    }

    /** Whether a set can have the type: a number of any size needs an expression that gives it one. */
    private static boolean hasSize(DataType type) {
        return type.bits() > 0 || type == DataType.VERDICT || type == DataType.IFNAME;
    }
}
