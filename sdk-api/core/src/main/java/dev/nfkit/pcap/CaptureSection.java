// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.pcap;

import java.nio.ByteOrder;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The header of a pcapng section: its byte order, and the application and machine that wrote it. Immutable; each {@code
 * with…} gives a changed copy.
 */
public final class CaptureSection {
    private final ByteOrder order;
    private final @Nullable String application;
    private final @Nullable String hardware;
    private final @Nullable String os;

    private CaptureSection(
            ByteOrder order, @Nullable String application, @Nullable String hardware, @Nullable String os) {
        this.order = order;
        this.application = application;
        this.hardware = hardware;
        this.os = os;
    }

    /**
     * A section in the machine's own byte order.
     *
     * @return a new section without other values
     */
    public static CaptureSection create() {
        return new CaptureSection(ByteOrder.nativeOrder(), null, null, null);
    }

    /**
     * The section in another byte order. It must be that of the packets' fields in host order: the attributes of link
     * type {@link LinkType#NFLOG} and the headers of {@link LinkType#NETLINK}.
     *
     * @param value the order
     * @return a changed copy
     */
    public CaptureSection withOrder(ByteOrder value) {
        return new CaptureSection(Objects.requireNonNull(value), application, hardware, os);
    }

    /**
     * The section with the application that wrote it ({@code shb_userappl}).
     *
     * @param value name and version
     * @return a changed copy
     */
    public CaptureSection withApplication(String value) {
        return new CaptureSection(order, Objects.requireNonNull(value), hardware, os);
    }

    /**
     * The section with the hardware it was written on ({@code shb_hardware}).
     *
     * @param value the hardware, such as {@code x86_64}
     * @return a changed copy
     */
    public CaptureSection withHardware(String value) {
        return new CaptureSection(order, application, Objects.requireNonNull(value), os);
    }

    /**
     * The section with the operating system it was written on ({@code shb_os}).
     *
     * @param value name and version
     * @return a changed copy
     */
    public CaptureSection withOs(String value) {
        return new CaptureSection(order, application, hardware, Objects.requireNonNull(value));
    }

    /**
     * The byte order of the section's blocks.
     *
     * @return the order
     */
    public ByteOrder order() {
        return order;
    }

    /**
     * The application that wrote it ({@code shb_userappl}).
     *
     * @return name and version, or empty
     */
    public Optional<String> application() {
        return Optional.ofNullable(application);
    }

    /**
     * The hardware it was written on ({@code shb_hardware}).
     *
     * @return the hardware, or empty
     */
    public Optional<String> hardware() {
        return Optional.ofNullable(hardware);
    }

    /**
     * The operating system it was written on ({@code shb_os}).
     *
     * @return name and version, or empty
     */
    public Optional<String> os() {
        return Optional.ofNullable(os);
    }
}
