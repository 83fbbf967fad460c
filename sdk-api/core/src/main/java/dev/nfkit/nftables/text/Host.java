// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables.text;

import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.ZoneId;
import java.util.Optional;
import java.util.OptionalInt;

/** What a rule's text depends on besides the rule itself: the devices' numbers, and the time zone. */
public interface Host {
    /** The machine and namespace of this process, and its time zone. */
    Host CURRENT = new Host() {
        @Override
        public OptionalInt device(String name) {
            try {
                NetworkInterface device = NetworkInterface.getByName(name);
                return device == null ? OptionalInt.empty() : OptionalInt.of(device.getIndex());
            } catch (SocketException e) {
                return OptionalInt.empty();
            }
        }

        @Override
        public Optional<String> device(int index) {
            try {
                return index < 1
                        ? Optional.empty()
                        : Optional.ofNullable(NetworkInterface.getByIndex(index))
                                .map(NetworkInterface::getName);
            } catch (SocketException e) {
                return Optional.empty();
            }
        }
    };

    /**
     * The index of a device.
     *
     * @param name the device's name
     * @return the index, or empty if there is no such device
     */
    OptionalInt device(String name);

    /**
     * The name of a device.
     *
     * @param index the device's index
     * @return the name, or empty if there is no such device, which is then printed as a number
     */
    Optional<String> device(int index);

    /**
     * The time zone of dates and times of day.
     *
     * @return the zone
     */
    default ZoneId zone() {
        return ZoneId.systemDefault();
    }
}
