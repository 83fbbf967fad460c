// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import dev.nfkit.PrintableText;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The source of a file's packets: an interface of pcapng, or the only source of a classic file. Immutable; each {@code
 * with…} gives a changed copy.
 */
public final class CaptureInterface {
    private final int linkType;
    private final int snapLength;
    private final @Nullable String name;
    private final @Nullable String description;
    private final @Nullable String filter;
    private final @Nullable String os;

    private CaptureInterface(
            int linkType,
            int snapLength,
            @Nullable String name,
            @Nullable String description,
            @Nullable String filter,
            @Nullable String os) {
        this.linkType = linkType;
        this.snapLength = snapLength;
        this.name = name;
        this.description = description;
        this.filter = filter;
        this.os = os;
    }

    /**
     * An interface of which only the link type is known.
     *
     * @param linkType a number of {@link LinkType}, 0 to 65535
     * @return a new interface without a snap length
     * @throws IllegalArgumentException if the number is out of range
     */
    public static CaptureInterface of(int linkType) {
        if (linkType < 0 || linkType > 0xffff) {
            throw new IllegalArgumentException("link type " + linkType + " is out of 0 to 65535");
        }
        return new CaptureInterface(linkType, 0, null, null, null, null);
    }

    /**
     * A named interface.
     *
     * @param name its name, such as {@code nflog:30}
     * @param linkType a number of {@link LinkType}, 0 to 65535
     * @return a new interface without a snap length
     * @throws IllegalArgumentException if the number is out of range
     */
    public static CaptureInterface of(String name, int linkType) {
        return of(linkType).withName(name);
    }

    /**
     * The interface with another name ({@code if_name}).
     *
     * @param value the name, such as {@code nflog:30}
     * @return a changed copy
     */
    public CaptureInterface withName(String value) {
        return new CaptureInterface(linkType, snapLength, Objects.requireNonNull(value), description, filter, os);
    }

    /**
     * The interface with a description ({@code if_description}).
     *
     * @param value the description
     * @return a changed copy
     */
    public CaptureInterface withDescription(String value) {
        return new CaptureInterface(linkType, snapLength, name, Objects.requireNonNull(value), filter, os);
    }

    /**
     * The interface with a snap length.
     *
     * @param value the most bytes kept of a packet; 0 for no limit
     * @return a changed copy
     * @throws IllegalArgumentException if it is negative
     */
    public CaptureInterface withSnapLength(int value) {
        if (value < 0) {
            throw new IllegalArgumentException("snap length " + value + " is negative");
        }
        return new CaptureInterface(linkType, value, name, description, filter, os);
    }

    /**
     * The interface with the filter that chose its packets ({@code if_filter}, as text).
     *
     * @param value the filter
     * @return a changed copy
     */
    public CaptureInterface withFilter(String value) {
        return new CaptureInterface(linkType, snapLength, name, description, Objects.requireNonNull(value), os);
    }

    /**
     * The interface with the operating system that it belongs to ({@code if_os}).
     *
     * @param value the system's name and version
     * @return a changed copy
     */
    public CaptureInterface withOs(String value) {
        return new CaptureInterface(linkType, snapLength, name, description, filter, Objects.requireNonNull(value));
    }

    /**
     * The type of its packets' first header.
     *
     * @return a number of {@link LinkType}, 0 to 65535
     */
    public int linkType() {
        return linkType;
    }

    /**
     * The most bytes kept of a packet.
     *
     * @return 0 to 2³¹−1; 0 for no limit
     */
    public int snapLength() {
        return snapLength;
    }

    /**
     * Its name ({@code if_name}).
     *
     * @return the name, or empty
     */
    public Optional<String> name() {
        return Optional.ofNullable(name);
    }

    /**
     * Its description ({@code if_description}).
     *
     * @return the description, or empty
     */
    public Optional<String> description() {
        return Optional.ofNullable(description);
    }

    /**
     * The filter that chose its packets ({@code if_filter}, if it is text).
     *
     * @return the filter, or empty
     */
    public Optional<String> filter() {
        return Optional.ofNullable(filter);
    }

    /**
     * The operating system that it belongs to ({@code if_os}).
     *
     * @return the system, or empty
     */
    public Optional<String> os() {
        return Optional.ofNullable(os);
    }

    /**
     * Whether another object is an interface with the same values.
     *
     * @param other the other object
     * @return whether they are equal
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CaptureInterface that
                && linkType == that.linkType
                && snapLength == that.snapLength
                && Objects.equals(name, that.name)
                && Objects.equals(description, that.description)
                && Objects.equals(filter, that.filter)
                && Objects.equals(os, that.os);
    }

    /**
     * A hash of all values.
     *
     * @return the hash
     */
    @Override
    public int hashCode() {
        return Objects.hash(linkType, snapLength, name, description, filter, os);
    }

    /**
     * Name and link type, for messages.
     *
     * @return a short text
     */
    @Override
    public String toString() {
        return (name == null ? "interface" : PrintableText.of(name)) + ", link type " + LinkType.describe(linkType);
    }
}
