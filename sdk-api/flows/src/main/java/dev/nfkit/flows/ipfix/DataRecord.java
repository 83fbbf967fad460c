// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.flows.ipfix;

import dev.nfkit.Bytes;
import dev.nfkit.PrintableText;
import dev.nfkit.packet.AddressText;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** A data record of any exporter, with the elements that are unknown here, too. Immutable. */
public final class DataRecord {
    private static final int BYTE = 0xff;
    private static final int TRUE = 1;
    private static final int FALSE = 2;
    private static final int IPV4 = 4;
    private static final int IPV6 = 16;
    private static final long NTP_EPOCH = 2_208_988_800L;
    private static final long NANOS = 1_000_000_000;

    private final String exporter;
    private final long domain;
    private final Instant exported;
    private final IpfixTemplate template;
    private final Bytes bytes;
    private final int[] offsets;
    private final int[] lengths;

    DataRecord(String exporter, MessageHeader header, IpfixTemplate template, RecordCursor cursor) {
        this.exporter = exporter;
        this.domain = header.domain();
        this.exported = Instant.ofEpochSecond(header.exported());
        this.template = template;
        this.bytes = Bytes.of(cursor.copy());
        this.offsets = cursor.offsetsInRecord();
        this.lengths = cursor.lengths();
    }

    /**
     * The exporter that sent it.
     *
     * @return its address and port, as the collector has them, or the name that the reader was given
     */
    public String exporter() {
        return exporter;
    }

    /**
     * The observation domain.
     *
     * @return 0 to 2³²−1
     */
    public long domain() {
        return domain;
    }

    /**
     * When the exporter sent it, by its clock.
     *
     * @return the time of the message, in seconds
     */
    public Instant exported() {
        return exported;
    }

    /**
     * The fields.
     *
     * @return the template
     */
    public IpfixTemplate template() {
        return template;
    }

    /**
     * The number of fields.
     *
     * @return from 1
     */
    public int size() {
        return offsets.length;
    }

    /**
     * What a field contains.
     *
     * @param index from 0
     * @return the element
     * @throws IndexOutOfBoundsException if there is no such field
     */
    public InformationElement element(int index) {
        return template.fields().get(index).element();
    }

    /**
     * The first field of an element.
     *
     * @param element the element
     * @return its index, or −1
     */
    public int indexOf(InformationElement element) {
        for (int i = 0; i < offsets.length; i++) {
            InformationElement other = element(i);
            if (other.id() == element.id() && other.enterprise() == element.enterprise()) {
                return i;
            }
        }
        return -1;
    }

    /**
     * The bytes of a field.
     *
     * @param index from 0
     * @return the bytes
     * @throws IndexOutOfBoundsException if there is no such field
     */
    public Bytes value(int index) {
        return bytes.slice(offsets[index], lengths[index]);
    }

    /**
     * A field as a number.
     *
     * @param index from 0
     * @return the number, as two's complement if the element is signed or takes 8 bytes; empty if the field does not
     *     have 1 to 8 bytes
     * @throws IndexOutOfBoundsException if there is no such field
     */
    public OptionalLong number(int index) {
        Bytes value = value(index);
        if (value.length() < 1 || value.length() > Long.BYTES) {
            return OptionalLong.empty();
        }
        boolean signed = element(index).type() == InformationElement.DataType.SIGNED;
        long number = signed ? (byte) value.u8(0) : value.u8(0);
        for (int i = 1; i < value.length(); i++) {
            number = (number << Byte.SIZE) | value.u8(i);
        }
        return OptionalLong.of(number);
    }

    /**
     * A field as a time.
     *
     * @param index from 0
     * @return the time; empty if the element is not a time or the field has another length
     * @throws IndexOutOfBoundsException if there is no such field
     */
    public Optional<Instant> time(int index) {
        InformationElement.DataType type = element(index).type();
        Bytes value = value(index);
        if (type == InformationElement.DataType.SECONDS && value.length() == Integer.BYTES) {
            return Optional.of(Instant.ofEpochSecond(value.u32(0)));
        }
        if (value.length() != Long.BYTES) {
            return Optional.empty();
        }
        if (type == InformationElement.DataType.MILLISECONDS) {
            return Optional.of(Instant.ofEpochMilli(value.u64(0)));
        }
        return type == InformationElement.DataType.NTP ? Optional.of(ntp(value)) : Optional.empty();
    }

    /** The seconds wrap around in 2036: the time nearest to that of the message is meant. */
    private Instant ntp(Bytes value) {
        long now = exported.getEpochSecond();
        int distance = (int) (value.u32(0) - NTP_EPOCH - now);
        return Instant.ofEpochSecond(now + distance, (value.u32(Integer.BYTES) * NANOS) >>> Integer.SIZE);
    }

    /**
     * A field as text, safe to print.
     *
     * @param index from 0
     * @return the value by its element's type; hexadecimal digits if it does not fit the type
     * @throws IndexOutOfBoundsException if there is no such field
     */
    public String text(int index) {
        Bytes value = value(index);
        return switch (element(index).type()) {
            case UNSIGNED ->
                number(index).isPresent() ? Long.toUnsignedString(number(index).getAsLong()) : value.toHex();
            case SIGNED ->
                number(index).isPresent() ? Long.toString(number(index).getAsLong()) : value.toHex();
            case FLOAT -> floatText(value);
            case BOOLEAN -> booleanText(value);
            case STRING -> PrintableText.of(new String(value.toArray(), StandardCharsets.UTF_8));
            case IPV4 -> value.length() == IPV4 ? AddressText.of(value) : value.toHex();
            case IPV6 -> value.length() == IPV6 ? AddressText.of(value) : value.toHex();
            case MAC, OCTETS -> value.toHex();
            case SECONDS, MILLISECONDS, NTP ->
                time(index).map(Instant::toString).orElseGet(value::toHex);
        };
    }

    private static String floatText(Bytes value) {
        ByteBuffer number = ByteBuffer.wrap(value.toArray());
        return switch (value.length()) {
            case Float.BYTES -> Float.toString(number.getFloat());
            case Double.BYTES -> Double.toString(number.getDouble());
            default -> value.toHex();
        };
    }

    private static String booleanText(Bytes value) {
        int number = value.length() == 1 ? value.u8(0) : BYTE;
        return number == TRUE ? "true" : number == FALSE ? "false" : value.toHex();
    }

    /**
     * The fields as text.
     *
     * @return such as {@code sourceIPv4Address=192.0.2.1 octetDeltaCount=1500}, safe to print
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < size(); i++) {
            text.append(i == 0 ? "" : " ").append(element(i)).append('=').append(text(i));
        }
        return text.toString();
    }
}
