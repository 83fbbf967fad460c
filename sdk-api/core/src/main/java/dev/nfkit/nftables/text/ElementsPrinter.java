// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.SetElement;
import dev.nfkit.nftables.expression.SetType;
import java.util.List;

/** Prints the elements of named sets as {@code nft list ruleset} does: a number of them in a line that depends on the type. */
public final class ElementsPrinter {
    private static final int MANY = 5;
    private static final int FEW = 2;
    private static final String NEXT_LINE = ",\n\t\t\t     ";

    private ElementsPrinter() {}

    /**
     * Prints elements. Devices are those of this process's namespace.
     *
     * @param type the types of the set
     * @param elements at least one, in any order
     * @return text such as <code>{ 10.0.0.1, 10.0.0.2 }</code>, perhaps in several lines
     */
    public static String print(SetType type, List<SetElement> elements) {
        ExpressionPrinter printer = new ExpressionPrinter(SetType.Lookup.NONE, Host.CURRENT);
        List<ValueType> types = type.key().stream().map(ValueType::of).toList();
        int most = type.key().size() == 1 ? perLine(type.key().get(0)) : 1;
        StringBuilder text = new StringBuilder("{ ");
        int count = 0;
        for (SetElement element : SetOrder.sorted(elements)) {
            if (count > 0) {
                text.append(count % most == 0 ? NEXT_LINE : ", ");
            }
            text.append(printer.element(element, types));
            count++;
        }
        return text.append(" }").toString();
    }

    private static int perLine(DataType type) {
        return switch (type) {
            case NF_PROTO,
                    INTEGER,
                    ARP_OP,
                    INET_PROTO,
                    INET_SERVICE,
                    TCP_FLAG,
                    DCCP_PKTTYPE,
                    MARK,
                    IFACE_INDEX,
                    CLASSID,
                    UID,
                    GID,
                    CT_DIR -> MANY;
            case IPV4_ADDR, CT_STATE, CT_STATUS, PKT_TYPE -> FEW;
            default -> 1;
        };
    }
}
