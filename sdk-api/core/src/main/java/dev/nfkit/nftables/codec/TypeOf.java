// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.codec;

import dev.nfkit.Bytes;
import dev.nfkit.nftables.expression.ConnectionKey;
import dev.nfkit.nftables.expression.ConnectionSelector;
import dev.nfkit.nftables.expression.ConnectionSelector.Direction;
import dev.nfkit.nftables.expression.DataType;
import dev.nfkit.nftables.expression.HeaderField;
import dev.nfkit.nftables.expression.HeaderProtocol;
import dev.nfkit.nftables.expression.Meta;
import dev.nfkit.nftables.expression.Selector;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What {@code typeof} in the declaration of a set names, as nft stores it in the set's user data: header fields, {@code meta}
 * and {@code ct}, and concatenations of them.
 *
 * <p>Follows {@code struct expr_ops} and {@code proto_desc_id} of nft 1.0.6. Numbers are in the byte order of the host.
 */
public final class TypeOf {
    private static final int EXPRESSION = 0;
    private static final int CONTENT = 1;
    private static final int MOST = 16;

    // enum expr_types
    private static final int VERDICT = 1;
    private static final int PAYLOAD = 7;
    private static final int META = 9;
    private static final int CT = 12;
    private static final int CONCATENATION = 13;

    private static final int FIRST = 0;
    private static final int SECOND = 1;
    /** The size of a field in bits, if its type has none. */
    private static final int FIELD_BITS = 4;

    private static final int NO_DIRECTION = -1;

    /** The numbers of protocols ({@code enum proto_desc_id}). */
    private static final Map<HeaderProtocol, Integer> PROTOCOLS = new EnumMap<>(Map.ofEntries(
            Map.entry(HeaderProtocol.AH, 1),
            Map.entry(HeaderProtocol.ESP, 2),
            Map.entry(HeaderProtocol.COMP, 3),
            Map.entry(HeaderProtocol.ICMP, 4),
            Map.entry(HeaderProtocol.IGMP, 5),
            Map.entry(HeaderProtocol.UDP, 6),
            Map.entry(HeaderProtocol.UDPLITE, 7),
            Map.entry(HeaderProtocol.TCP, 8),
            Map.entry(HeaderProtocol.DCCP, 9),
            Map.entry(HeaderProtocol.SCTP, 10),
            Map.entry(HeaderProtocol.TH, 11),
            Map.entry(HeaderProtocol.IP, 12),
            Map.entry(HeaderProtocol.IP6, 13),
            Map.entry(HeaderProtocol.ICMPV6, 14),
            Map.entry(HeaderProtocol.ARP, 15),
            Map.entry(HeaderProtocol.VLAN, 16),
            Map.entry(HeaderProtocol.ETHER, 17)));

    /** The fields of each protocol by nft's numbers, from 1. */
    private static final Map<HeaderProtocol, List<HeaderField>> FIELDS = new EnumMap<>(HeaderProtocol.class);

    static {
        PROTOCOLS.keySet().forEach(protocol -> FIELDS.put(protocol, numbered(protocol)));
    }

    private TypeOf() {}

    /**
     * Whether a selector can be stored.
     *
     * @param selector the selector
     * @return false for others than header fields, meta and ct
     */
    public static boolean supports(Selector selector) {
        return selector instanceof HeaderField || selector instanceof Meta || selector instanceof ConnectionSelector;
    }

    /**
     * The value of the entry in the set's user data.
     *
     * @param selectors what the key or the data is the type of, at least one; {@link #supports} all
     * @return the bytes
     */
    public static byte[] write(List<Selector> selectors) {
        if (selectors.size() == 1) {
            return one(selectors.get(0)).toArray();
        }
        UserData parts = new UserData();
        for (int i = 0; i < selectors.size(); i++) {
            parts.bytes(i, one(selectors.get(i)).toArray());
        }
        return expression(CONCATENATION, parts).toArray();
    }

    /**
     * The value of the entry for the data of a map of verdicts.
     *
     * @return the bytes
     */
    public static byte[] ofVerdict() {
        return expression(VERDICT, new UserData()).toArray();
    }

    private static UserData one(Selector selector) {
        UserData content = new UserData();
        if (selector instanceof HeaderField field) {
            content.bytes(FIRST, number(Objects.requireNonNull(PROTOCOLS.get(field.protocol()))));
            content.bytes(SECOND, number(fields(field.protocol()).indexOf(field) + 1));
            if (field.type() == DataType.INTEGER) {
                content.bytes(FIELD_BITS, number(field.bits()));
            }
            return expression(PAYLOAD, content);
        } else if (selector instanceof Meta meta) {
            return expression(META, content.bytes(FIRST, number(meta.number())));
        } else if (selector instanceof ConnectionSelector connection) {
            content.bytes(FIRST, number(connection.key().number()));
            int direction = connection
                    .direction()
                    .map(each -> each == Direction.ORIGINAL ? 0 : 1)
                    .orElse(NO_DIRECTION);
            return expression(CT, content.bytes(SECOND, number(direction)));
        }
        throw new IllegalArgumentException("typeof does not support " + selector);
    }

    private static UserData expression(int type, UserData content) {
        return new UserData().bytes(EXPRESSION, number(type)).bytes(CONTENT, content.toArray());
    }

    /**
     * Reads the value of the entry.
     *
     * @param value the value
     * @return the selectors; empty if it contains what is not supported, or is no such entry
     */
    public static List<Selector> read(byte[] value) {
        UserData expression = entries(value);
        if (number(expression, EXPRESSION) != CONCATENATION) {
            return one(expression).map(List::of).orElse(List.of());
        }
        UserData parts = entries(expression.bytes(CONTENT).orElse(new byte[0]));
        List<Selector> selectors = new ArrayList<>();
        for (int i = 0; i < MOST && parts.bytes(i).isPresent(); i++) {
            Optional<Selector> part = one(entries(parts.bytes(i).orElseThrow()));
            if (part.isEmpty()) {
                return List.of();
            }
            selectors.add(part.get());
        }
        return selectors;
    }

    private static Optional<Selector> one(UserData expression) {
        UserData content = entries(expression.bytes(CONTENT).orElse(new byte[0]));
        int first = number(content, FIRST);
        int second = number(content, SECOND);
        return switch (number(expression, EXPRESSION)) {
            case PAYLOAD -> field(first, second);
            case META -> Meta.of(first).map(Selector.class::cast);
            case CT -> ConnectionKey.of(first).map(key -> connection(key, second));
            default -> Optional.empty();
        };
    }

    private static Selector connection(ConnectionKey key, int direction) {
        return switch (direction) {
            case 0 -> ConnectionSelector.of(key, Direction.ORIGINAL);
            case 1 -> ConnectionSelector.of(key, Direction.REPLY);
            default -> ConnectionSelector.of(key);
        };
    }

    private static Optional<Selector> field(int protocol, int number) {
        for (Map.Entry<HeaderProtocol, Integer> each : PROTOCOLS.entrySet()) {
            if (each.getValue() == protocol) {
                List<HeaderField> fields = fields(each.getKey());
                return number >= 1 && number <= fields.size() ? Optional.of(fields.get(number - 1)) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static List<HeaderField> fields(HeaderProtocol protocol) {
        return Objects.requireNonNull(FIELDS.get(protocol));
    }

    private static List<HeaderField> numbered(HeaderProtocol protocol) {
        List<HeaderField> fields = new ArrayList<>(HeaderField.of(protocol));
        if (protocol
                == HeaderProtocol.IGMP) { // nft numbers the checksum before the time, although it follows in the header
            List<HeaderField> order = List.of(
                    HeaderField.IGMP_TYPE, HeaderField.IGMP_CHECKSUM, HeaderField.IGMP_MRT, HeaderField.IGMP_GROUP);
            fields.sort(Comparator.comparing(order::indexOf));
        }
        if (protocol == HeaderProtocol.VLAN) { // the old name of dei has a number of its own
            fields.add(fields.indexOf(HeaderField.VLAN_ID), HeaderField.VLAN_DEI);
        }
        return fields;
    }

    private static UserData entries(byte[] value) {
        return UserData.read(Bytes.of(value));
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(value)
                .array();
    }

    /** The number of an entry; −2 if there is none. */
    private static int number(UserData data, int type) {
        byte[] value = data.bytes(type).orElse(new byte[0]);
        return value.length == Integer.BYTES
                ? ByteBuffer.wrap(value).order(ByteOrder.nativeOrder()).getInt()
                : -2;
    }

    /**
     * The types of selectors.
     *
     * @param selectors the selectors
     * @return a type for each
     */
    public static List<DataType> types(List<? extends Selector> selectors) {
        return selectors.stream().map(Selector::type).toList();
    }

    /**
     * The lengths of what selectors read.
     *
     * @param selectors the selectors
     * @return bytes for each
     */
    public static List<Integer> lengths(List<? extends Selector> selectors) {
        return selectors.stream()
                .map(each -> (each.bits() + Byte.SIZE - 1) / Byte.SIZE)
                .toList();
    }
}
