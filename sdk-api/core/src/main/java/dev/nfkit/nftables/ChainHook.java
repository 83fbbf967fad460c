// SPDX-License-Identifier: Apache-2.0
package dev.nfkit.nftables;

import dev.nfkit.AddressFamily;
import dev.nfkit.Hook;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Where a base chain receives packets: the type of the chain, the hook, the order at the hook, and for chains of devices
 * their names.
 *
 * <pre>{@code
 * ChainHook input = ChainHook.of(AddressFamily.INET, ChainType.FILTER, "input", "filter - 5");
 * }</pre>
 *
 * @param type what the chain is for
 * @param hook the hook; its numbers depend on the family
 * @param priority the order among the chains of the hook
 * @param devices the devices of a chain at {@code ingress} or {@code egress}, each 1 to 15 bytes; from Linux 6.17 on a name
 *     may end with {@code *}. Empty for other hooks
 */
public record ChainHook(ChainType type, Hook hook, ChainPriority priority, List<String> devices) {
    /**
     * Checks the devices' names.
     *
     * @throws IllegalArgumentException if a name is too long or empty
     */
    public ChainHook {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(hook, "hook");
        Objects.requireNonNull(priority, "priority");
        devices = List.copyOf(devices);
        devices.forEach(Names::device);
    }

    /**
     * A hook by the names of nft.
     *
     * @param family the family of the chain's table
     * @param type what the chain is for
     * @param hook {@code prerouting}, {@code input}, {@code forward}, {@code output}, {@code postrouting}, {@code ingress} or
     *     {@code egress}, as far as the family has it
     * @param priority as {@link ChainPriority#parse}
     * @return the hook, without devices
     * @throws IllegalArgumentException if the family has no such hook or priority
     */
    public static ChainHook of(AddressFamily family, ChainType type, String hook, String priority) {
        return new ChainHook(type, Families.hook(family, hook), ChainPriority.parse(family, priority), List.of());
    }

    /**
     * A hook by the kernel's numbers.
     *
     * @param type what the chain is for
     * @param hook the hook
     * @param priority the order among the chains of the hook
     * @return the hook, without devices
     */
    public static ChainHook of(ChainType type, Hook hook, int priority) {
        return new ChainHook(type, hook, new ChainPriority(priority), List.of());
    }

    /**
     * The same hook of one more device.
     *
     * @param name the device's name, 1 to 15 bytes
     * @return a new value
     * @throws IllegalArgumentException if it is too long or empty
     */
    public ChainHook device(String name) {
        List<String> all = new ArrayList<>(devices);
        all.add(name);
        return new ChainHook(type, hook, priority, all);
    }
}
