// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.compile;

import dev.nfkit.nftables.bytecode.Cmp;
import dev.nfkit.nftables.bytecode.Constant;
import dev.nfkit.nftables.bytecode.Lookup;
import dev.nfkit.nftables.bytecode.Payload;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.SetType;
import java.util.Arrays;
import java.util.List;

/** The types of ICMP messages that have a field: {@code icmp id} is in echo requests and replies only. */
final class IcmpTypes {
    private final Code code;
    private boolean known;

    IcmpTypes(Code code) {
        this.code = code;
    }

    /** Learns that the rule matches the type itself. */
    void learn(HeaderField field) {
        known |= field == HeaderField.ICMP_TYPE || field == HeaderField.ICMPV6_TYPE;
    }

    void require(HeaderField field) {
        int[] types = types(field);
        if (types.length == 0 || known) {
            return;
        }
        known = true;
        code.add(new Payload.Load(Payload.Base.TRANSPORT, 0, 1, Code.register(0)));
        if (types.length == 1) {
            code.compare(Cmp.Op.EQ, 0, new byte[] {(byte) types[0]});
            return;
        }
        List<CompiledElement> elements = Arrays.stream(types)
                .mapToObj(type -> new CompiledElement(Constant.of((byte) type), null, null, null, false, null))
                .toList();
        DataType type = field.protocol().text().equals("icmp") ? DataType.ICMP_TYPE : DataType.ICMPV6_TYPE;
        CompiledSet set = new CompiledSet(
                code.nextId(),
                Literals.SET,
                new SetType(List.of(type), List.of()),
                1,
                0,
                false,
                false,
                List.of(),
                CompiledSet.ANONYMOUS | CompiledSet.CONSTANT,
                0,
                types.length,
                elements);
        code.add(set);
        code.add(new Lookup(set.name(), set.id(), Code.register(0), null, null));
    }

    private static int[] types(HeaderField field) {
        return switch (field) {
            case ICMP_ID, ICMP_SEQUENCE -> new int[] {8, 0};
            case ICMP_MTU -> new int[] {3};
            case ICMP_GATEWAY -> new int[] {5};
            case ICMPV6_ID, ICMPV6_SEQUENCE -> new int[] {128, 129};
            case ICMPV6_MTU -> new int[] {2};
            case ICMPV6_PARAMETER_PROBLEM -> new int[] {4};
            case ICMPV6_MAX_DELAY -> new int[] {130};
            default -> new int[0];
        };
    }
}
